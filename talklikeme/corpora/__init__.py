"""Other people's dialogue, read for mixing: one small module per shape, all yielding Dialogue.

`open_corpus(spec)` reads a file, a folder, or a dataset of the Hub. It knows this repository's base
files, Cornell Movie-Dialogs, the Ubuntu Dialogue Corpus as a table, Twitter's customer support as a
table, and whatever `datasets` loads, if told (or by its name) which column holds the dialogue.
Nothing is redacted here: ChatEncoder does that to every text.
"""

from talklikeme.corpora.dialogue import Dialogue
from talklikeme.corpora.opening import CorpusSpec, open_corpus

__all__ = ["CorpusSpec", "Dialogue", "open_corpus"]
