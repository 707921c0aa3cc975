"""The recipes that are compared, as data: a baseline, and one change in each."""

from dataclasses import dataclass, field, replace
from typing import Any, Final

BASELINE: Final = "baseline"


@dataclass(frozen=True)
class Settings:
    """All that a recipe may change; the defaults are the baseline, close to configs/base.yaml's."""

    architecture: str = "t5gemma"  # or t5, bart
    d_model: int = 256
    d_ff: int = (
        768  # of a gated layer; BART's has half as many weights more in each of two matrices
    )
    encoder_layers: int = 6
    decoder_layers: int = 3
    head_width: int = 64
    vocabulary: int = 8192
    tied: bool = True  # the output layer is the decoder's embeddings
    shared_embeddings: bool = False  # and they are the encoder's as well; always so in T5 and BART
    dropout: float = 0.0
    label_smoothing: float = 0.0
    optimizer: str = "muon"  # or the Trainer's `optim`
    learning_rate: float = 3e-3  # the peak
    weight_decay: float = 0.5
    slow_queries: bool = True  # T5's (talklikeme/query_rate.py)
    schedule: str = "warmup_stable_decay"  # the Trainer's `lr_scheduler_type`
    schedule_options: dict[str, Any] = field(default_factory=lambda: {"decay_type": "linear"})
    decay_share: float = 0.3  # of the steps, for warmup_stable_decay
    batch_tokens: int = 4096
    context_turns: int = 4
    follow_turns: int = 0  # turns behind the reply that are learned with it
    context_dropped: float = 0.0  # further share of training rows whose context is taken away
    shuffled_share: float = 0.2  # of training rows whose context is the reply's words in any order
    max_context_tokens: int = 96
    max_reply_tokens: int = 48


@dataclass(frozen=True)
class Recipe:
    """A name, and what differs from the baseline."""

    name: str
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """The baseline with the changes; raises TypeError for one that Settings does not know."""
        return replace(Settings(), **self.changes)


def _layers(encoder: int, decoder: int) -> Recipe:
    return Recipe(
        f"layers {encoder}+{decoder}", {"encoder_layers": encoder, "decoder_layers": decoder}
    )


_ADAMW: Final = {
    "optimizer": "adamw_torch_fused", "learning_rate": 2e-3, "weight_decay": 0.01,
}  # fmt: skip
_COSINE: Final = {
    "schedule": "cosine_with_min_lr", "schedule_options": {"min_lr_rate": 0.1}, "decay_share": 0.0,
}  # fmt: skip

RECIPES: Final = (
    Recipe(BASELINE),
    # How the weights are spread
    _layers(8, 3),
    _layers(6, 6),
    _layers(4, 4),
    Recipe("width 192", {"d_model": 192, "d_ff": 576}),
    Recipe("width 320", {"d_model": 320, "d_ff": 960}),
    Recipe("vocabulary 12k", {"vocabulary": 12288}),
    Recipe("vocabulary 16k", {"vocabulary": 16384}),
    Recipe("untied output embeddings", {"tied": False}),
    Recipe("one embedding for all", {"shared_embeddings": True}),
    # Architectures; the baseline's learning rate need not suit them
    Recipe("T5", {"architecture": "t5"}),
    Recipe("T5, rate 1.5e-3", {"architecture": "t5", "learning_rate": 1.5e-3}),
    Recipe("T5, queries at the full rate", {"architecture": "t5", "slow_queries": False}),
    Recipe("BART-like", {"architecture": "bart"}),
    Recipe("BART-like, rate 1e-3", {"architecture": "bart", "learning_rate": 1e-3}),
    # How it learns
    Recipe("rate 1e-3, one embedding for all", {"learning_rate": 1e-3, "shared_embeddings": True}),
    Recipe("rate 1e-3", {"learning_rate": 1e-3}),
    Recipe("rate 1.5e-3", {"learning_rate": 1.5e-3}),
    Recipe("rate 6e-3", {"learning_rate": 6e-3}),
    Recipe("AdamW", _ADAMW),
    Recipe("Adafactor", _ADAMW | {"optimizer": "adafactor"}),
    Recipe("weight decay 0.01", {"weight_decay": 0.01}),
    Recipe("schedule cosine", _COSINE),
    Recipe("schedule linear", {"schedule": "linear", "schedule_options": {}, "decay_share": 0.0}),
    Recipe("batches of 2048 tokens", {"batch_tokens": 2048}),
    Recipe("dropout 0.1", {"dropout": 0.1}),
    Recipe("label smoothing 0.1", {"label_smoothing": 0.1}),
    # What it reads and says
    Recipe("no shuffled replies", {"shuffled_share": 0.0}),
    Recipe("20 % more contexts taken away", {"context_dropped": 0.2}),
    Recipe("context of 2 turns", {"context_turns": 2}),
    Recipe("two turns that follow", {"follow_turns": 2}),
)
