"""A share of other people's dialogue among the training rows, against forgetting how to talk.

Rehearsal (Robins 1995; Ouyang et al. 2022 mix pre-training text for the same reason). Only train is
mixed: validation and test stay mine, so early stopping and evaluation judge my voice alone.
"""

import hashlib
import logging
import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from datasets import Dataset, concatenate_datasets
from pydantic import TypeAdapter, ValidationError

from talklikeme.corpora import CorpusSpec, Dialogue, open_corpus
from talklikeme.corpora.dialogue import build_row, candidates, telling
from talklikeme.dataset import rows_to_dataset
from talklikeme.errors import ConfigError
from talklikeme.options import Positive, Share
from talklikeme.tokenizer import texts_of

logger = logging.getLogger(__name__)

TELLING = 20  # characters; a held-out text of so many is no accident in another corpus
_COLUMNS = ("dialogue", "prompt", "completion", "config", "split")


@dataclass(frozen=True, slots=True)
class Mix:
    """What to mix in: the share of all training rows, where from, and the most of one corpus."""

    corpora: list[str | dict[str, str]]
    share: Share = 0.3
    most_rows: Positive = 20_000

    @property
    def specs(self) -> list[CorpusSpec]:
        """The corpora, each with its name and columns."""
        return [_read_spec(corpus) for corpus in self.corpora]


def read_mix(options: Mapping[str, Any]) -> Mix | None:
    """The `mix:` of a config, checked; None if there is none. Raises ConfigError."""
    if not options:
        return None
    known = [option.name for option in fields(Mix)]
    if unknown := [key for key in options if key not in known]:
        raise ConfigError(f"mix: no such option: {', '.join(unknown)}. Known: {', '.join(known)}")
    try:
        mix = TypeAdapter(Mix).validate_python(dict(options))
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"mix: {first['loc'][0]}: {first['msg']}") from None
    if not mix.specs:
        raise ConfigError("mix: corpora: names none. Give paths or Hub names")
    return mix


def _read_spec(corpus: str | dict[str, str]) -> CorpusSpec:
    if isinstance(corpus, str):
        return CorpusSpec(corpus)
    unknown = [key for key in corpus if key not in ("name", *_COLUMNS)]
    if unknown or "name" not in corpus:
        raise ConfigError(
            f"mix: a corpus needs name, and may have {', '.join(_COLUMNS)}; found {', '.join(corpus)}"
        )
    return CorpusSpec(corpus["name"], {k: v for k, v in corpus.items() if k != "name"})


def identify(mix: Mix | None) -> list[str]:
    """A hash of each corpus that is a file, for run.yaml: a changed corpus makes another run."""
    return [_hash(spec) for spec in mix.specs] if mix else []


def _hash(spec: CorpusSpec) -> str:
    if not spec.path.is_file():
        return spec.name
    with spec.path.open("rb") as stored:
        return hashlib.file_digest(stored, "sha256").hexdigest()[:16]


def mix_in(
    train: Dataset,
    held_out: Iterable[Mapping[str, Any]],
    mix: Mix | None,
    *,
    context_turns: int,
    seed: int,
) -> Dataset:
    """My training rows, and behind them so many others that these are the share asked for.

    Dialogues that hold a telling text of my held-out pairs are left out. The same seed and corpora
    give the same rows. Fewer rows than asked for are no error, and are logged.
    """
    if mix is None or not mix.share:
        return train
    secret = {telling(text, TELLING) for text in texts_of(held_out)} - {""}
    pool = [
        row for spec in mix.specs for row in _draw_corpus(spec, mix, secret, context_turns, seed)
    ]
    wanted = round(len(train) * mix.share / (1 - mix.share))
    if len(pool) < wanted:
        logger.warning("mix: the corpora give %s rows, %s were wanted", len(pool), wanted)
    chosen = random.Random(f"mix {seed}").sample(pool, min(wanted, len(pool)))
    return concatenate_datasets([train, rows_to_dataset(chosen).cast(train.features)])


def _draw_corpus(
    spec: CorpusSpec, mix: Mix, secret: Collection[str], context_turns: int, seed: int
) -> list[dict[str, Any]]:
    """At most `most_rows` of a corpus, each as likely as any other: a reservoir (Vitter 1985)."""
    draw = random.Random(f"{spec.name} {seed}")
    kept: list[dict[str, Any]] = []
    for number, turns in enumerate(_replies(open_corpus(spec), secret)):
        place = number if number < mix.most_rows else draw.randrange(number + 1)
        if place >= mix.most_rows:
            continue
        row = build_row(turns, context_turns)
        kept[place : place + 1] = [row]
    if not kept:
        raise ConfigError(f"mix: {spec.name}: no dialogue of two people in it")
    return kept


def _replies(
    dialogues: Iterable[Dialogue], secret: Collection[str]
) -> Iterator[Sequence[tuple[str, list[str]]]]:
    for dialogue in dialogues:
        if secret and any(telling(text, TELLING) in secret for _, text in dialogue.said):
            continue
        yield from candidates(dialogue)
