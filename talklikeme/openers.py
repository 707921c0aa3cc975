"""How friends begin a conversation with me: what the chat page offers to say.

A model folder may be given away, so only words are kept that several friends have used: they tell on nobody.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from talklikeme.privacy import PLACEHOLDERS

# The questions that the 2017 author put to his bot as it trained.
USUAL: Final = (
    "whats up",
    "hi",
    "hey how are you",
    "what are you up to",
    "that dodgers game was awesome",
)
MOST: Final = 5
FEWEST_FRIENDS: Final = 3
_LONGEST: Final = 40  # characters


def find_openers(rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """What at least three friends have opened with, the most usual first; the usual ones where there is too little.

    `rows` are pairs (design.md §2); a prompt of one turn begins a conversation.
    """
    friends: dict[str, set[str]] = defaultdict(set)
    spelled: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        if text := _opening(row["prompt"]):
            friends[text.casefold()].add(row["friend"] or "")
            spelled[text.casefold()][text] += 1
    common = sorted(
        (key for key in friends if len(friends[key]) >= FEWEST_FRIENDS),
        key=lambda key: (-len(friends[key]), -sum(spelled[key].values()), key),
    )
    found = [max(spelled[key], key=lambda text: spelled[key][text]) for key in common[:MOST]]
    rest = (text for text in USUAL if text.casefold() not in common)
    return tuple([*found, *rest][:MOST])


def _opening(prompt: list[dict[str, str]]) -> str:
    if len(prompt) != 1 or prompt[0]["role"] != "user":
        return ""
    text = prompt[0]["content"].strip()
    is_long = len(text) > _LONGEST or "\n" in text
    return "" if is_long or any(hole in text for hole in PLACEHOLDERS) else text
