"""New words, emoji and characters for a Unigram (SentencePiece) base, in the JSON of tokenizer.json.

Kudo 2018: a text becomes the pieces with the highest sum of log probabilities. A new piece gets the
sum of the pieces that it replaces and a hair more, so it wins where the base used just these pieces and
loses wherever the base had anything better: no piece of the base is ever split.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from tokenizers import Tokenizer

HAIR = 1e-6
SPACE = "▁"
_SURE = 0.0  # the log probability of what shall always be whole

Spec = dict[str, Any]  # tokenizer.json


def is_unigram(spec: Spec) -> bool:
    """Whether this tokenizer.json is a Unigram model over words that "▁" begins."""
    steps = spec["pre_tokenizer"] or {}
    kinds = {step["type"] for step in steps.get("pretokenizers", [steps]) if step}
    return bool(spec["model"]["type"] == "Unigram" and "Metaspace" in kinds)


def add_pieces(
    tokenizer: Tokenizer, forms: Iterable[str], always: Sequence[str]
) -> tuple[Tokenizer, dict[str, int]]:
    """Give each form an id, behind all others; `always` stand whole wherever they come."""
    spec = json.loads(tokenizer.to_str())
    vocabulary: list[tuple[str, float]] = spec["model"]["vocab"]
    _fill_holes(spec)
    known = {piece for piece, _ in vocabulary}
    least = min(score for _, score in vocabulary)
    ids = {}
    for form in [*forms, *always]:
        piece = form.replace(" ", SPACE)
        if piece not in known:
            score = _SURE if form in always else _score(tokenizer, vocabulary, form, least)
            ids[form] = len(vocabulary)
            vocabulary.append((piece, score))
    _break_controls(spec)
    return Tokenizer.from_str(json.dumps(spec)), ids


def _score(
    tokenizer: Tokenizer, vocabulary: list[tuple[str, float]], form: str, least: float
) -> float:
    """The sum of its pieces and a hair; what the base cannot spell is as rare as its rarest piece."""
    encoded = tokenizer.encode(form, add_special_tokens=False)
    spelled = "".join(vocabulary[number][0] for number in encoded.ids)
    if spelled.removeprefix(SPACE) != form.replace(" ", SPACE).removeprefix(SPACE):
        return least
    return sum(vocabulary[number][1] for number in encoded.ids) + HAIR


def _fill_holes(spec: Spec) -> None:
    """Added tokens behind the pieces (T5's <extra_id_0> …) become pieces, as ids are positions."""
    vocabulary = spec["model"]["vocab"]
    least = min(score for _, score in vocabulary)
    for added in sorted(spec["added_tokens"], key=lambda token: token["id"]):
        if added["id"] == len(vocabulary):
            vocabulary.append((added["content"], least))


def _break_controls(spec: Spec) -> None:
    """Cut the spelling of a control token in text ("</s>") after its first letter.

    Control tokens are pieces of a T5 vocabulary, so a friend who types one would end the context.
    """
    pieces = {piece for piece, _ in spec["model"]["vocab"]}
    controls = [
        added["content"]
        for added in spec["added_tokens"]
        if added["special"] and len(added["content"]) > 1 and added["content"] in pieces
    ]
    if not controls:
        return
    spelled = "|".join(f"{re.escape(name[0])}(?={re.escape(name[1:])})" for name in controls)
    split = {
        "type": "Split",
        "pattern": {"Regex": spelled},
        "behavior": "Isolated",
        "invert": False,
    }
    steps = spec["pre_tokenizer"]
    earlier = steps["pretokenizers"] if steps["type"] == "Sequence" else [steps]
    spec["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [*earlier, split]}
