"""The guard: links that nobody wrote, floods and blocked words are not said, and are counted."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from talklikeme.answering import NOTHING_TO_SAY, EngineReplier
from talklikeme.bare_tokenizer import load_bare_tokenizer
from talklikeme.engines import Drawn, Ids
from talklikeme.errors import ConfigError
from talklikeme.facts import Limits, ModelFacts, Nature
from talklikeme.guard import LONGEST, MOST_BUBBLES, StandardGuard, read_block_list
from talklikeme.sampling import Sampling
from talklikeme.tokens import ChatEncoder
from tests.test_bare_tokenizer import BASE

ENCODER = ChatEncoder(load_bare_tokenizer(BASE), Limits(4, 64, 24))


@pytest.mark.parametrize(
    ("bubbles", "objection"),
    [
        (["look", "https://evil.example/x"], "link"),
        (["go to www.evil.example now"], "link"),
        (["evil.com has it"], "link"),
        (["see <url> github.com"], ""),  # what redaction keeps of a link where hosts are kept
        (["use socket.io e.g. in node.js"], ""),
        (["x" * (LONGEST + 1)], "flood"),
        (["k"] * (MOST_BUBBLES + 1), "flood"),
        (["you Voldemort!"], "blocked"),
        (["he who must not be named came"], "blocked"),
        (["voldemorts"], ""),
        (["oh $$ no"], "blocked"),
        (["lol", "👍"], ""),
    ],
)
def test_what_it_objects_to(bubbles: list[str], objection: str) -> None:
    guard = StandardGuard(["voldemort", "He who must not be named", "$$"])
    assert guard.object_to(bubbles) == objection


def test_a_block_list_has_a_word_a_line(tmp_path: Path) -> None:
    path = tmp_path / "never.txt"
    path.write_text("# names\nVoldemort\n\n  two words \n", encoding="utf-8")
    assert read_block_list(path) == ["Voldemort", "two words"]
    with pytest.raises(ConfigError, match=r"--block-list .*gone.txt: not readable"):
        read_block_list(tmp_path / "gone.txt")
    (tmp_path / "picture.png").write_bytes(b"\xff\xd8")
    with pytest.raises(ConfigError, match="not readable as text"):
        read_block_list(tmp_path / "picture.png")


class Scripted:
    """Draws the same replies every time."""

    def __init__(self, *replies: str) -> None:
        self._replies = [ENCODER.encode_reply([text])[:-1] for text in replies]

    def draw(self, contexts: Sequence[Ids], draws: int, sampling: Sampling) -> list[list[Drawn]]:
        return [[Drawn(ids, -1.0) for ids in self._replies] for _ in contexts]

    def score(self, contexts: Sequence[Ids], replies: Sequence[Ids]) -> list[float]:
        return [-1.0] * len(replies)


def make_replier(*replies: str) -> EngineReplier:
    nature = Nature(ModelFacts(1, 1), ENCODER.limits)
    return EngineReplier(Scripted(*replies), ENCODER, Sampling(1.0, 1.0), nature)


def test_the_next_best_is_said_and_what_was_dropped_is_counted() -> None:
    replier = make_replier("evil.com", "ok", "www.bad.example/x")
    assert replier.reply([]) == ["ok"]
    assert replier.dropped == {"link": 2}
    assert [one.objection for one in replier.consider([])] == ["", "link", "link"]


def test_nothing_is_better_than_what_must_not_be_said() -> None:
    assert make_replier("evil.com").reply([]) == [NOTHING_TO_SAY]
