"""The chat in the terminal: as a person types, as a script asks, and what it shows of its choice."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from talklikeme.chat import Chat
from talklikeme.choosing import Candidate
from talklikeme.facts import Choice, Limits, ModelFacts, Nature
from talklikeme.sampling import FIRST, Choosing
from talklikeme.turns import Turn
from tests.test_engines import base

__all__ = ["base"]  # the fixture: the model that the project ships


class Echo:
    """Answers with what was said, and remembers what it was asked."""

    def __init__(self, choosing: Choosing = FIRST) -> None:
        choice = Choice(choosing)
        self.nature = Nature(ModelFacts(1, 1), Limits(4, 64, 8), choice=choice)
        self.asked: list[list[Turn]] = []

    def consider(self, turns: Sequence[Turn], friend: str | None = None) -> list[Candidate]:
        self.asked.append(list(turns))
        text = turns[-1]["content"]
        if text == "nothing":
            return []
        alone = -12.0 if text == "hi" else -6.0
        best = Candidate([f"{text}?", "lol"], 4, -4.0, alone, is_whole=True, is_stale=False)
        worse = Candidate(["lol"], 2, -2.0, -2.0, is_whole=False, is_stale=True)
        return [best, worse]


def start(*, as_json: bool = False) -> tuple[Chat, Echo]:
    echo = Echo()
    return Chat(echo, as_json=as_json), echo  # type: ignore[arg-type]


def test_a_conversation_goes_on_until_it_is_reset() -> None:
    chat, echo = start()
    assert chat.take("hi") == "bot  hi?\nbot  lol"
    chat.take("ok")
    assert [turn["content"] for turn in echo.asked[1]] == ["hi", "hi?", "lol", "ok"]
    assert "new conversation" in chat.take("/reset")
    chat.take("again")
    assert [turn["content"] for turn in echo.asked[2]] == ["again"]
    assert chat.take("nothing") == "bot  …"


def test_candidates_and_why_show_how_the_choice_fell() -> None:
    chat, _ = start()
    assert chat.take("/why") == "(nothing was said yet)"
    chat.take("hi")
    shown = chat.take("/candidates").splitlines()
    assert shown[1].split() == ["-1.00", "-3.00", "hi?", "/", "lol"]
    assert shown[2].endswith("lol (cut short) (just said) (commonplace)")
    assert chat.take("/why").endswith("after nothing; the first of 2 that is whole and new")
    sharp = Chat(Echo(Choosing(penalty=0.5, handicap=0.25)))  # type: ignore[arg-type]
    sharp.take("hi")
    assert sharp.take("/why").endswith("score -1.00 - 0.5 × -3.00 = 0.50, the best of 2")
    sharp.take("ok")
    told = "score -1.00 - 0.5 × -1.50 - 0.25 for a commonplace = -0.50, the best of 2"
    assert sharp.take("/why").endswith(told)


def test_quit_and_empty_lines_say_nothing() -> None:
    chat, echo = start()
    assert chat.take("  ") == chat.take("/quit") == ""
    assert chat.is_over
    assert echo.asked == []


def test_json_has_the_bubbles_and_the_candidates() -> None:
    chat, _ = start(as_json=True)
    told = json.loads(chat.take("hi"))
    assert told["bubbles"] == ["hi?", "lol"]
    assert told["candidates"][0]["log_likelihood"] == -4.0


def ask(*argv: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "talklikeme.chat", *argv]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)


def test_a_script_asks_once_or_line_by_line(base: Path) -> None:
    once = ask(str(base), "--once", "whats up", "--json")
    assert (once.returncode, once.stderr) == (0, "")
    assert json.loads(once.stdout)["bubbles"]
    told = [ask(str(base), "--once", "whats up", "--seed", "3").stdout for _ in range(2)]
    assert told[0] == told[1]
    piped = ask(str(base), stdin="hi\n\nwhats up\n")
    assert (piped.returncode, piped.stderr) == (0, "")
    assert all(line.startswith("bot  ") for line in piped.stdout.splitlines())
    assert len(piped.stdout.splitlines()) >= 2


@pytest.mark.parametrize("argv", [["nowhere"], ["nowhere", "--engine", "warp"]])
def test_mistakes_are_told_without_a_traceback(argv: list[str]) -> None:
    done = ask(*argv)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
