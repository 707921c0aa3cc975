"""Ten of a person's held-out pairs beside what the model answers, drawn by lot with a fixed seed.

Texts are shown only of people whose licence allows it; of the others their lengths and the bits per
byte of the real reply, and nothing else of them is stored.
"""

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from benchmarks.people_recipes import Run, Settings
from benchmarks.people_runs import save_record
from benchmarks.tables import table
from talklikeme.dataset import load_pairs
from talklikeme.evaluation.bits import bits_per_byte, score_exchanges
from talklikeme.evaluation.contestants import Reply
from talklikeme.evaluation.exchanges import Exchange, as_text, friends_burst, read_exchanges
from talklikeme.evaluation.served import load_served

COUNT: Final = 10
LONGEST: Final = 200  # characters shown of a text
# Whose words may stand in the repository: those of people whose source has a licence that says so.
SHOWN: Final = dict.fromkeys(
    ("me_a", "me_b"),
    "[freeCodeCamp/gitter-history](https://github.com/freeCodeCamp/gitter-history), "
    "BSD-3-Clause ([licence](../examples/LICENSE.me_a))",
)
_MARKUP: Final = re.compile(r"([\\`*_\[\]<>|~&$#])")


def add_triples(run: Run, settings: Settings, record: dict[str, Any]) -> None:
    """Let the run's model answer ten held-out friends, and put it into the record; once."""
    if "triples" in record:
        return
    drawn = draw_exchanges(read_exchanges(load_pairs(run.pairs)["test"]), settings.seed)
    model = load_served(run.model(settings))
    answers = model.answer([one.context for one in drawn], seed=settings.seed)
    scores = score_exchanges(model, drawn)
    bits = [bits_per_byte([score], [one]).value for score, one in zip(scores, drawn, strict=True)]
    record["triples"] = [
        describe(one, answer, value, show=run.person in SHOWN)
        for one, answer, value in zip(drawn, answers, bits, strict=True)
    ]
    save_record(run, settings, record)


def draw_exchanges(exchanges: Sequence[Exchange], seed: int) -> list[Exchange]:
    """Ten of those that answer somebody, each as likely as any other, always the same ones."""
    answers = [one for one in exchanges if friends_burst(one.context)]
    return random.Random(f"triples {seed}").sample(answers, min(COUNT, len(answers)))


def describe(exchange: Exchange, answer: Reply, bits: float, *, show: bool) -> dict[str, Any]:
    """One triple: its texts if they may be shown, else numbers."""
    said = {"friend": friends_burst(exchange.context), "me": exchange.reply, "model": answer}
    numbers = {name: {"characters": len(as_text(text))} for name, text in said.items()}
    if not show:
        return {**numbers, "bits": round(bits, 2)}
    return {name: {**numbers[name], "text": as_text(text)} for name, text in said.items()} | {
        "bits": round(bits, 2)
    }


def triples_table(person: str, triples: Sequence[Mapping[str, Any]]) -> str:
    """The ten as Markdown."""
    if person in SHOWN:
        head = ["what the friend said last", "what I said", "what the model said"]
        rows = [[_cell(one[who]["text"]) for who in ("friend", "me", "model")] for one in triples]
        source = f"The words are from {SHOWN[person]}. ⏎ parts two messages; … was cut here."
    else:
        head = ["friend, characters", "I, characters", "model, characters", "bits per byte of mine"]
        rows = [
            [
                *(str(one[who]["characters"]) for who in ("friend", "me", "model")),
                f"{one['bits']:.2f}",
            ]
            for one in triples
        ]
        source = "No licence lets us show these words, nor what was made from them: only numbers."
    return f"{source}\n\n{table(head, rows, texts=len(head))}"


def _cell(text: str) -> str:
    cut = text if len(text) <= LONGEST else text[:LONGEST].rstrip() + " …"
    return _MARKUP.sub(r"\\\1", " ⏎ ".join(cut.split("\n"))) or "(nothing)"
