"""Chat with a model in the terminal, or let a script ask it.

    python -m talklikeme.chat out/model
    python -m talklikeme.chat out/model --once "whats up" --json
    printf 'hi\\nwhats up\\n' | python -m talklikeme.chat out/model

In the chat: /reset begins anew, /candidates shows what else could have been said, /why how the choice
fell, /quit ends it. Where nobody types (a pipe), every line is a turn and every bubble of the answer a line.
"""

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from talklikeme import runs
from talklikeme.answering import EngineReplier, Memory, say_best
from talklikeme.choosing import Candidate
from talklikeme.commands import Parser, not_negative, seconds, share
from talklikeme.errors import run_script
from talklikeme.guard import read_block_list
from talklikeme.options import ComputeType, EngineName
from talklikeme.replies import load_replier
from talklikeme.turns import Turn

ASK, ANSWER = "you  ", "bot  "
KEPT_TURNS = 40
COMMANDS = {"/reset", "/candidates", "/why", "/quit"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    given = build_parser().parse_args(argv)
    replier = load_replier(
        given.model,
        temperature=given.temperature,
        top_p=given.top_p,
        engine=given.engine,
        compute_type=given.compute_type,
        penalty=given.penalty,
        budget_ms=given.budget_ms,
        blocked=read_block_list(given.block_list) if given.block_list else (),
        memory=open_memory(given.model) if given.blend else None,
        seed=given.seed,
    )
    chat = Chat(replier, given.friend, as_json=given.json)
    if given.once is not None:
        print(chat.say(given.once))  # noqa: T201 - what the command is for
        return 0
    is_watched = sys.stdin.isatty()
    for line in read_lines(is_watched):
        if answer := chat.take(line):
            print(answer, flush=True)  # noqa: T201
        if chat.is_over:
            break
    return 0


def open_memory(model: Path) -> Memory:
    """What --blend quotes from."""
    from talklikeme.blend import load_blend  # takes scikit-learn, a second

    return load_blend(runs.need(model.parent / "pairs", "prepare_data"))


def build_parser() -> Parser:
    """The command's arguments."""
    parser = Parser("python -m talklikeme.chat", __doc__)
    parser.add_argument("model", type=Path, help="folder that finetune.py wrote")
    parser.add_argument("--once", metavar="TEXT", help="print one answer to this, and end")
    parser.add_argument(
        "--json", action="store_true", help="answers as JSON, with their candidates"
    )
    parser.add_argument("--friend", help="who you are, for a model that knows its friends apart")
    parser.add_argument(
        "--temperature", type=not_negative, help="as in app.py (default: as trained)"
    )
    parser.add_argument("--top-p", type=share, help="as in app.py (default: as trained)")
    parser.add_argument("--engine", choices=get_args(EngineName), default="auto")
    parser.add_argument("--compute-type", choices=get_args(ComputeType), default="int8")
    parser.add_argument("--penalty", type=share, help="as in app.py (default: as tuned)")
    parser.add_argument("--budget-ms", type=seconds, help="as in app.py (default: none)")
    parser.add_argument("--block-list", type=Path, help="as in app.py (default: none)")
    parser.add_argument(
        "--blend", action="store_true", help="also choose among what I said in the pairs beside it"
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="the same questions get the same answers"
    )
    return parser


def read_lines(is_watched: bool) -> Iterator[str]:
    """What is typed, with arrow keys and history, until Ctrl-D; or the lines of a pipe."""
    if not is_watched:
        yield from (line.rstrip("\n") for line in sys.stdin)
        return
    with contextlib.suppress(ImportError):  # Windows has none
        import readline  # noqa: F401 - input() uses it
    print(f"Talk to it. {', '.join(sorted(COMMANDS))}; Ctrl-D ends it.")  # noqa: T201
    while True:
        try:
            yield input(ASK)
        except EOFError:
            print()  # noqa: T201
            return


class Chat:
    """A conversation and what was weighed for its last answer."""

    def __init__(
        self, replier: EngineReplier, friend: str | None = None, *, as_json: bool = False
    ) -> None:
        self._replier = replier
        self._friend = friend
        self._as_json = as_json
        self._turns: list[Turn] = []
        self._weighed: list[Candidate] = []
        self.is_over = False

    def take(self, line: str) -> str:
        """What to print for a line: an answer, or what a command asks for."""
        word = line.strip()
        if not word:
            return ""
        if word not in COMMANDS:
            return self.say(line)
        if word == "/quit":
            self.is_over = True
            return ""
        if word == "/reset":
            self._turns, self._weighed = [], []
            return "(a new conversation)"
        if not self._weighed:
            return "(nothing was said yet)"
        return self._show_candidates() if word == "/candidates" else self._show_why()

    def say(self, text: str) -> str:
        """The answer to a turn."""
        self._turns.append({"role": "user", "content": text})
        self._weighed = self._replier.consider(self._turns, self._friend)
        bubbles = say_best(self._weighed)
        self._turns += [{"role": "assistant", "content": bubble} for bubble in bubbles]
        del self._turns[:-KEPT_TURNS]
        if self._as_json:
            return json.dumps(
                {"bubbles": bubbles, "candidates": list(map(_describe, self._weighed))},
                ensure_ascii=False,
            )
        return "\n".join(
            ANSWER + bubble.replace("\n", f"\n{' ' * len(ANSWER)}") for bubble in bubbles
        )

    def _show_candidates(self) -> str:
        lines = ["here   anywhere  reply   (log P a token, in nats)"]
        for one in self._weighed:
            marks = " (cut short)" * (not one.is_whole) + " (just said)" * one.is_stale
            marks += " (in circles)" * one.is_circling + " (commonplace)" * one.is_commonplace
            marks += f" (not said: {one.objection})" if one.objection else ""
            here, anywhere = _a_token(one)
            lines.append(f"{here:>5.2f}  {anywhere:>8.2f}  {' / '.join(one.bubbles)}{marks}")
        return "\n".join(lines)

    def _show_why(self) -> str:
        best, choosing = self._weighed[0], self._replier.nature.choice.choosing
        penalty, handicap = choosing.penalty, best.handicap(choosing)
        given, alone = _a_token(best)
        told = f"log P a token: {given:.2f} after what was said, {alone:.2f} after nothing; "
        if penalty is None:
            return told + f"the first of {len(self._weighed)} that is whole and new"
        score = f"{given:.2f} - {penalty} × {alone:.2f}"
        score += f" - {handicap} for a commonplace" if handicap else ""
        total = best.score(penalty) - handicap
        return told + f"score {score} = {total:.2f}, the best of {len(self._weighed)}"


def _a_token(one: Candidate) -> tuple[float, float]:
    """Likelihoods after what was said and after nothing; consider() asks for both."""
    return one.given / one.tokens, (one.alone or 0.0) / one.tokens


def _describe(one: Candidate) -> dict[str, object]:
    return {
        "bubbles": one.bubbles,
        "log_likelihood": round(one.given, 4),
        "log_likelihood_alone": round(one.alone or 0.0, 4),
        "tokens": one.tokens,
    }


if __name__ == "__main__":
    run_script(main)
