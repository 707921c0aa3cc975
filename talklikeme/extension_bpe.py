"""New whole words and emoji for a byte-level BPE, in the JSON of its tokenizer.json.

Merges stay exactly as they are: a merge (l, ol) would reach into "lollipop". Instead a new form is an
entry of the vocabulary, and `ignore_merges` takes a pre-tokenised word that is an entry whole. Forms
that the base's pre-tokeniser cuts ("b4", an emoji inside "!!😂😂") are first cut out by a pattern in
front of the base's own, so that text without them is cut, and merged, as before.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from tokenizers import Tokenizer, pre_tokenizers

# What ByteLevel(use_regex=True) splits by, as GPT-2 does (tokenizers, byte_level.rs).
_GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_WORD_ENDS = r"(?![\p{L}\p{M}\p{N}]|['’][\p{L}\p{M}])"
_PICTURE_ENDS = "(?![\ufe0f\u200d\U0001f3fb-\U0001f3ff])"  # else it is another, longer emoji
_ALPHABET = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)

Spec = dict[str, Any]  # tokenizer.json


def is_byte_level(spec: Spec) -> bool:
    """Whether this tokenizer.json is a BPE over bytes, so that any text has tokens."""
    decoder = spec.get("decoder") or {}
    return bool(spec["model"]["type"] == "BPE" and decoder.get("type") == "ByteLevel")


def spell_bytes(form: str) -> str:
    """A form as the vocabulary writes it: " lol" → "Ġlol"."""
    return str(_ALPHABET.pre_tokenize_str(form)[0][0])


def add_forms(tokenizer: Tokenizer, forms: Iterable[str]) -> tuple[Tokenizer, dict[str, int]]:
    """Give each form that can stand whole an id, behind all others; returns the ids of new ones.

    Entries of the base that its merges never reach would wake up too: their ids are returned as well.
    """
    spec = json.loads(tokenizer.to_str())
    vocabulary = fill_holes(spec)
    before = dict(vocabulary)
    spec["model"]["ignore_merges"] = True
    forms = [form for form in forms if spell_bytes(form) not in vocabulary]
    cut = [form for form in forms if len(tokenizer.pre_tokenizer.pre_tokenize_str(form)) != 1]
    emoji = [form for form in forms if not form[-1].isalnum()]
    odd_words = [form for form in cut if form not in emoji]
    if (emoji or odd_words) and not _cut_out(spec, odd_words, emoji):
        forms = [form for form in forms if form not in emoji and form not in odd_words]
    for form in forms:
        vocabulary[spell_bytes(form)] = len(vocabulary)
    grown = Tokenizer.from_str(json.dumps(spec))
    ids = {form: vocabulary[spell_bytes(form)] for form in forms}
    return grown, _find_sleepers(tokenizer, grown, before) | ids


def drop_prefix(tokenizer: Tokenizer) -> Tokenizer:
    """The base without `add_prefix_space`: talklikeme.tokens puts the space before a text itself.

    A base with it would also put one behind every placeholder, which the text does not have.
    """
    spec = json.loads(tokenizer.to_str())
    found = spec["pre_tokenizer"] or {}
    for step in found.get("pretokenizers", [found]):
        if step.get("type") == "ByteLevel":
            step["add_prefix_space"] = False
    return Tokenizer.from_str(json.dumps(spec))


def fill_holes(spec: Spec) -> dict[str, int]:
    """The vocabulary with the added tokens behind it as entries, so that new ids have no gap before."""
    vocabulary: dict[str, int] = spec["model"]["vocab"]
    for added in spec["added_tokens"]:
        vocabulary.setdefault(added["content"], added["id"])
    return vocabulary


def _find_sleepers(base: Tokenizer, grown: Tokenizer, entries: dict[str, int]) -> dict[str, int]:
    """Texts of old entries that only the grown tokenizer makes."""
    special = {added.content for added in base.get_added_tokens_decoder().values()}
    texts = [base.decode([number], skip_special_tokens=False) for number in entries.values()]
    old = base.encode_batch(texts, add_special_tokens=False)
    new = grown.encode_batch(texts, add_special_tokens=False)
    return {
        text: number
        for (entry, number), text, was, now in zip(entries.items(), texts, old, new, strict=True)
        if entry not in special and now.ids == [number] != was.ids
    }


def _cut_out(spec: Spec, words: Sequence[str], emoji: Sequence[str]) -> bool:
    """Put the pattern of the new forms before the base's own; False if there is no place for it."""
    steps = _splitting_steps(spec)
    if steps is None:
        return False
    pictures = _match_emoji(emoji)
    patterns = [*_match_words(words), *pictures, steps[-2]["pattern"]["Regex"]]
    steps[-2]["pattern"]["Regex"] = "|".join(patterns)
    if pictures:
        steps.insert(0, _split(pictures[0]))
    spec["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": steps}
    return True


def _splitting_steps(spec: Spec) -> list[Spec] | None:
    """The pre-tokeniser as [… , Split by a pattern, ByteLevel without one], if it can be said so."""
    found = spec["pre_tokenizer"] or {"type": ""}
    if found["type"] == "ByteLevel" and found["use_regex"]:
        return [_split(_GPT2), found | {"use_regex": False}]
    steps: list[Spec] = found.get("pretokenizers", [])
    is_by_pattern = (
        len(steps) > 1
        and steps[-2]["type"] == "Split"
        and "Regex" in steps[-2]["pattern"]
        and (steps[-2]["behavior"], steps[-2]["invert"]) == ("Isolated", False)
        and (steps[-1]["type"], steps[-1].get("use_regex")) == ("ByteLevel", False)
    )
    return steps if is_by_pattern else None


def _split(pattern: str) -> Spec:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def _match_words(words: Sequence[str]) -> list[str]:
    spelled = "|".join(re.escape(word[1:]) for word in sorted(words, key=len, reverse=True))
    return [f" (?:{spelled}){_WORD_ENDS}"] if words else []


def _match_emoji(emoji: Sequence[str]) -> list[str]:
    spelled = "|".join(map(re.escape, sorted(emoji, key=len, reverse=True)))
    return [f"(?<!\u200d)(?:{spelled}){_PICTURE_ENDS}"] if emoji else []
