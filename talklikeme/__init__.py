"""Turn chat exports into a small encoder-decoder model that answers the way their owner does."""

__version__ = "0.1.0"
