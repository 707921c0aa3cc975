"""The card of models/base: what it is, what it learned from, what it says."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from talklikeme.credits import CREDITS_FILE
from talklikeme.evaluation.contestants import Reply
from talklikeme.evaluation.intervals import Interval

# Twenty turns that any friend might begin with, each as bubbles. Written before the first training.
QUESTIONS: Final[tuple[tuple[str, ...], ...]] = (
    ("hi",),
    ("whats up",),
    ("hey how are you",),
    ("what are you up to",),
    ("that dodgers game was awesome",),
    ("good morning!",),
    ("Hi! What do you do for a living?",),
    ("do you have any pets?",),
    ("what kind of music do you like",),
    ("have you seen any good movies lately?",),
    ("I just got a new job :)",),
    ("i'm so tired today",),
    ("what are you having for dinner?",),
    ("do you like football?",),
    ("can you help me with something?",),
    ("my wifi doesn't work", "any idea?"),
    ("lol", "that was so funny"),
    ("happy birthday!!",),
    ("sorry I'm late",),
    ("ok I have to go, talk to you later",),
)


@dataclass(frozen=True, slots=True)
class Credit:
    """Whose words they are, and under which licence."""

    what: str
    licence: str
    whose: str


CREDITS: Final = {
    "self_dialogue": Credit("made-up talk on films, music, sport", "BSD-3-Clause",
                            "The Self-dialogue Corpus, Fainberg et al. 2018, University of Edinburgh"),
    "synthetic_persona_chat": Credit("small talk", "CC BY 4.0",
                                     "Synthetic-Persona-Chat, Jandaghi et al. 2023, Google"),
    "topical_chat": Credit("talk on eight topics", "CDLA-Sharing 1.0",
                           "Topical-Chat, Gopalakrishnan et al. 2019, Amazon"),
    "casino": Credit("campers who bargain", "CC BY 4.0", "CaSiNo, Chawla et al. 2021"),
    "chatterbot_corpus": Credit("greetings, trivia", "BSD-3-Clause",
                                "chatterbot-corpus, Gunther Cox"),
    "fcc_gitter": Credit("developers' chat rooms", "BSD-3-Clause",
                         "gitter-history, Free Code Camp"),
    "irc_ubuntu": Credit("technical help", "CC BY 4.0",
                         "irc-disentanglement, Kummerfeld et al. 2019, from Ubuntu's IRC channels"),
    "duraspace_irc": Credit("developers' meetings", "CC BY",
                            "irclogs.duraspace.org, DuraSpace"),
    "crd3": Credit("friends at a game, spoken", "CC BY-SA 4.0",
                   "Critical Role Dungeons and Dragons Dataset, Rameshkumar and Bailey 2020"),
    "taskmaster_tm4": Credit("orders", "CC BY 4.0",
                             "Taskmaster-4, Byrne and Ganesh, Google"),
    "sgd": Credit("bookings", "CC BY-SA 4.0",
                  "Schema-Guided Dialogue, Rastogi et al. 2020, Google"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CorpusRow:
    """A corpus in the card: pairs trained on, replies judged, bits per byte on them.

    `listening` are the bits per byte that the right context saves (evaluation/listening.py).
    """

    name: str
    pairs: int
    judged: int
    bits: Interval
    listening: Interval | None

    def to_json(self) -> dict[str, Any]:
        """For corpora.json."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Leg:
    """One training of those that made the weights, each from where the one before had ended."""

    config: str
    pairs: int
    steps: int
    passes: float
    rate: float
    validation_loss: float
    bits_per_byte: float  # the mean of the corpora


@dataclass(frozen=True, slots=True)
class Answer:
    """A question and what was drawn for it."""

    question: str
    reply: Reply


_NETWORKS: Final = {"t5": "T5 with gated feed-forward layers", "t5gemma": "T5Gemma"}


def write_card(
    folder: Path,
    corpora: Sequence[CorpusRow],
    answers: Sequence[Answer],
    legs: Sequence[Leg],
    kind: str,
    parameters: int,
    seed: int,
) -> None:
    """Write README.md and CREDITS.md into the model's folder; `kind` is the model_type of its config.json."""
    text = _CARD.format(
        kind=kind,
        network=_NETWORKS.get(kind, kind),
        parameters=f"{parameters:,}",
        millions=f"{parameters / 1e6:.1f}",
        legs="\n".join(map(_leg_line, range(1, len(legs) + 1), legs)),
        corpora="\n".join(map(_corpus_line, corpora)),
        mean=f"{legs[-1].bits_per_byte:.3f}",
        answers="\n".join(map(_answer_line, answers)),
        seed=seed,
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
    credited = "\n".join(f"* {one.whose} ({one.what}): {one.licence}" for one in CREDITS.values())
    (folder / CREDITS_FILE).write_text(_CREDITS.format(credited=credited), encoding="utf-8")


def _leg_line(number: int, leg: Leg) -> str:
    return (
        f"| {number} | `{leg.config}` | {leg.pairs:,} | {leg.steps:,} | {leg.passes:.2f} | "
        f"{leg.rate:g} | {leg.validation_loss:.3f} | {leg.bits_per_byte:.3f} |"
    )


def _corpus_line(row: CorpusRow) -> str:
    credit = CREDITS[row.name]
    return (
        f"| {row.name} | {credit.what} | {row.pairs:,} | {_interval(row.bits)} | "
        f"{_interval(row.listening)} | {credit.licence} | {credit.whose} |"
    )


def _interval(found: Interval | None) -> str:
    return f"{found.value:.3f} ({found.low:.3f} … {found.high:.3f})" if found else "–"


def _answer_line(answer: Answer) -> str:
    said = " ⏎ ".join(answer.reply) or "(nothing)"
    return f"| {_cell(answer.question)} | {_cell(said)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


_CARD: Final = """\
---
library_name: transformers
license: cc-by-sa-4.0
language: en
tags: [talklikeme, {kind}, chat]
---
# talklikeme's base model

An encoder-decoder ({network}) of {parameters} parameters that has learned from
public dialogue how people answer each other in English. It is what `configs/me.yaml` fine-tunes on
your own chats; alone it is nobody. It knows no facts, makes things up, and repeats what strangers
said on the internet, rude things included.

## How to use it

    python train_tokenizer.py configs/me.yaml      # adds your words to its tokenizer
    accelerate launch --quiet finetune.py configs/me.yaml

or alone, with `transformers.AutoModelForSeq2SeqLM.from_pretrained("models/base")` and
`AutoTokenizer`; a conversation becomes ids as `<friend> hey <bubble> you up? <me> yes </s>`
(`talklikeme/tokens.py`).

## How it was made

In one leg or several, each of which went on with the weights of the one before (`legs.json`). The configs have the
commands, `run.yaml` all options of the last leg, `docs/experiments.md` why the recipe is what it is.
Losses are nats a token of held-out replies.

| leg | config | pairs | steps | passes | peak rate | best validation loss | bits per byte, mean of the corpora |
|---|---|---|---|---|---|---|---|
{legs}

![Loss while it was trained](curves.png)

## What it learned from, and how well it foresees each kind

Bits per byte of held-out replies given up to four turns before them (lower is better), and how many of
them it would need more with another chat's context instead (higher is better: it listens), both with
95 % intervals:

| corpus | what | pairs | bits per byte | saved by the context | licence | credit |
|---|---|---|---|---|---|---|
{corpora}

Mean of the corpora: {mean}. Phone numbers, mail addresses and the like were replaced by placeholders before
training; whole threads that share a message with the people of `examples/` and of the
benchmarks were left out.

Pairs are those of the last leg.

**Licence.** CC BY-SA 4.0, the strictest of its sources; the code of this repository stays Apache-2.0.
`CREDITS.md` goes along with every model that is made from this one.

## Twenty answers

One drawn answer to each of twenty fixed questions (temperature 0.7, top-p 0.9, seed {seed}), none left
out, none drawn twice. ⏎ parts bubbles.

| friend | the base model |
|---|---|
{answers}

All numbers and answers here were written by `benchmarks/base_model.py`.
"""

_CREDITS: Final = """\
---
license: cc-by-sa-4.0
---
# Credits

The weights of this model go on from talklikeme's base model, which learned from the dialogue below and is
published under [CC BY-SA 4.0](https://creativecommons.org/licenses/by-sa/4.0/), the strictest of their
licences. Texts were cut, redacted and made into pairs of a context and a reply.

{credited}
"""
