"""Text to ids and back: the one place for it, for training and for chat.

    context:  <friend> hey <bubble> you up? <me> yes <friend> good </s>
    reply:    haha <bubble> why </s>

A friend with a token of their own (talklikeme.friends) heads the context: `<friend:1> <friend> hey …`.
The end and the padding are those of the tokenizer, whichever base it was made from.

Every text is encoded with one space before it, so that "lol" at the start of a bubble is the same
token as "lol" inside a sentence. Text that spells a special token is encoded as plain text. Secrets are
redacted here too, in training for nothing and in chat so that both see the same.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from talklikeme.control import BUBBLE, FRIEND, ME
from talklikeme.facts import Limits
from talklikeme.messages import clean_text
from talklikeme.privacy import PLACEHOLDERS, RedactionSettings, redact
from talklikeme.turns import Turn

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from talklikeme.bare_tokenizer import BareTokenizer

_PLACEHOLDER = re.compile("(" + "|".join(map(re.escape, PLACEHOLDERS)) + ")")
_REMEMBERED = 4096  # messages whose ids are kept
_REPLACEMENT = "\ufffd"  # what bytes decode to that are no whole character


def spell(text: str) -> str:
    """A text as the tokenizer sees it."""
    return " " + clean_text(text)


def name_key(name: str) -> str:
    """What makes two spellings of a friend's name the same."""
    return clean_text(name).casefold()


class ChatEncoder:
    """Encodes contexts and replies, and decodes what the model says."""

    def __init__(
        self,
        tokenizer: "PreTrainedTokenizerBase | BareTokenizer",
        limits: Limits,
        redaction: RedactionSettings | None = None,
        friends: Mapping[str, str] | None = None,
    ) -> None:
        self.limits = limits
        self.redaction = redaction
        self.friends = dict(friends or {})  # name → token
        self._tokenizer = tokenizer
        # A message stands in the contexts of the next few rows too.
        self._text_ids = lru_cache(_REMEMBERED)(self._encode_text)
        self._vocabulary = vocabulary = tokenizer.get_vocab()
        self.pad_id: int = tokenizer.pad_token_id
        self.end_id: int = tokenizer.eos_token_id
        self.begin_id: int | None = tokenizer.bos_token_id  # of no use to us; some bases have it
        self.bubble_id: int = vocabulary[BUBBLE]
        self.friend_id: int = vocabulary[FRIEND]
        self._turn_ids: dict[str, int] = {"user": self.friend_id, "assistant": vocabulary[ME]}
        self._friend_ids = {
            name_key(name): vocabulary[token] for name, token in self.friends.items()
        }

    @cached_property
    def context_only_ids(self) -> list[int]:
        """Tokens that never belong into a reply: turns, friends, and the base's masks and the like."""
        special = {self.pad_id, *self._turn_ids.values(), *self._tokenizer.all_special_ids}
        return sorted((special | {*self._friend_ids.values()}) - {self.end_id, self.bubble_id})

    @cached_property
    def silent_ids(self) -> list[int]:
        """Tokens that leave a reply empty if it begins with them: the ends, and white space."""
        tokens = range(len(self._tokenizer))
        blank = [token for token in tokens if not self._decode([token]).strip()]
        return [self.end_id, self.bubble_id, *blank]

    @cached_property
    def space_ids(self) -> list[int]:
        """The silent tokens that a text may open with: the space before what has no token with one."""
        return sorted(set(self._encode_plain(" ")) & set(self.silent_ids))

    def encode_context(self, turns: Sequence[Turn], friend: str | None = None) -> list[int]:
        """The ids of the last turns, at most `max_context_tokens`, the oldest messages left out first.

        An empty conversation is `</s>` alone: the question to which every opener is an answer.
        A friend without a token of their own is answered as anybody.
        """
        messages = self._encode_messages(self._last_turns(turns))
        head = self._head(friend)
        room = self.limits.max_context_tokens - 1 - len(head)
        kept: list[list[int]] = []
        for ids in reversed(messages):
            if len(ids) > room:
                break
            kept.insert(0, ids)
            room -= len(ids)
        if messages and not kept:  # one message longer than the model can read: its end counts
            kept = [messages[-1][:1] + messages[-1][len(messages[-1]) - room + 1 :]]
        return [*head, *(token for ids in kept for token in ids), self.end_id]

    def _head(self, friend: str | None) -> list[int]:
        known = self._friend_ids.get(name_key(friend)) if friend and self._friend_ids else None
        return [] if known is None else [known]

    def _last_turns(self, turns: Sequence[Turn]) -> list[list[str]]:
        """The texts of the last turns, each headed by its role; what has no text is left out."""
        written = [(turn["role"], clean_text(turn["content"])) for turn in turns]
        spoken = groupby(((role, text) for role, text in written if text), key=lambda said: said[0])
        return [[role, *(text for _, text in said)] for role, said in spoken][
            -self.limits.context_turns :
        ]

    def _encode_messages(self, turns: Iterable[list[str]]) -> list[list[int]]:
        """One list of ids a message, the token that opens it included."""
        return [
            [self._turn_ids[role] if first else self.bubble_id, *self._text_ids(text)]
            for role, *texts in turns
            for first, text in zip([True] + [False] * len(texts), texts, strict=False)
        ]

    def encode_reply(self, bubbles: Sequence[str]) -> list[int]:
        """The ids that the model shall say, at most `max_reply_tokens`.

        Bubbles that do not fit are left out; a first bubble too long is cut and not ended, so that
        the model does not learn to stop in the middle of a sentence.
        """
        room = self.limits.max_reply_tokens
        ids: list[int] = []
        for bubble in filter(None, map(clean_text, bubbles)):
            more = ([self.bubble_id] if ids else []) + self._text_ids(bubble)
            if len(ids) + len(more) + 1 > room:
                return [*ids, self.end_id] if ids else more[:room]
            ids += more
        return [*ids, self.end_id]

    def encode_completion(self, turns: Sequence[Turn]) -> list[int]:
        """The ids that the decoder learns: my reply, and behind its end the turns that follow, if any.

        Most rows have the reply alone. A base model also learns what follows (base_pairs,
        `follow_turns`): `haha </s> <friend> what </s> <me> nothing </s>`. Chat stops at the first end.
        """
        ids: list[int] = []
        for role, said in groupby(turns, key=lambda turn: turn["role"]):
            more = self.encode_reply([turn["content"] for turn in said])
            ids += [self._turn_ids[role], *more] if ids else more
            if more[-1] != self.end_id:  # cut: what follows would follow nothing
                break
        return ids

    def decode_reply(self, ids: Iterable[int]) -> list[str]:
        """The bubbles in what the model said, without empty ones."""
        said: list[list[int]] = [[]]
        never = set(self.context_only_ids)
        for token in ids:
            if token == self.end_id:
                break
            if token == self.bubble_id:
                said.append([])
            elif token not in never:
                said[-1].append(token)
        bubbles = (self._decode(piece).replace(_REPLACEMENT, "") for piece in said)
        return [text for text in map(clean_text, bubbles) if text]

    def _decode(self, ids: list[int]) -> str:
        # A base tokenizer's clean-up would turn " ," into ",": how people write stays as it is.
        return str(self._tokenizer.decode(ids, clean_up_tokenization_spaces=False))

    def _encode_text(self, text: str) -> list[int]:
        if self.redaction is not None:  # a friend may paste what training saw only as <url>
            text = redact(text, self.redaction).text
        if self._tokenizer.is_fast:
            return self._encode_plain(spell(text))
        return [
            token for part in _PLACEHOLDER.split(spell(text)) for token in self._encode_part(part)
        ]

    def _encode_part(self, part: str) -> list[int]:
        """Tokenizers in Python (Blenderbot-small's) split placeholders with the control tokens."""
        if part in PLACEHOLDERS:
            return [self._vocabulary[part]]
        return self._encode_plain(part) if part.strip() else []

    def _encode_plain(self, text: str) -> list[int]:
        encoded = self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)
        ids: list[int] = encoded["input_ids"]
        return ids
