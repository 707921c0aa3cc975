"""Who wrote it? Ten rounds for a friend; and the page on which the owner says which rounds others may see."""

import logging
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import gradio as gr

from talklikeme.blindtest.answers import ANSWERS_FILE, Answer, note_answer, read_answers
from talklikeme.blindtest.pool import Pool, Round
from talklikeme.blindtest.result import sum_up
from talklikeme.failures import describe_failure
from talklikeme.journal import Journal
from talklikeme.pages.look import QUIET, build_heading, render

logger = logging.getLogger(__name__)

ROUNDS: Final = 10
_TURNS_SHOWN: Final = 6  # of the context, the last ones; the answers have to be on the screen
_LONGEST_NAME: Final = 40
_SIDES: Final = ("A", "B")


@dataclass(slots=True)
class Sitting:
    """One tester's rounds, in the order in which they come; sides says where mine stands."""

    rounds: Sequence[Round]
    sides: Sequence[int]
    name: str = ""
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    at: int = 0

    @property
    def is_over(self) -> bool:
        """Whether all rounds were played."""
        return self.at >= len(self.rounds)


def begin(pool: Pool, name: str, lots: random.Random) -> Sitting:
    """Ten approved rounds by lot, or all that there are."""
    approved = pool.approved
    rounds = lots.sample(approved, min(ROUNDS, len(approved)))
    return Sitting(rounds, [lots.randrange(2) for _ in rounds], name.strip()[:_LONGEST_NAME])


def build_blind_page(pool: Pool) -> None:
    """Inside a Blocks."""
    journal = Journal(pool.path.parent / ANSWERS_FILE)
    build_heading(
        "Who wrote it?",
        "A real conversation, and two answers: one is what I wrote, the other is what the bot would have "
        "said. Pick mine.",
    )
    sitting = gr.State()
    name = gr.Textbox(
        label="Your name, if you like", max_length=_LONGEST_NAME, elem_id="tester", max_lines=1
    )
    # Until open_page has answered: its answer would take back the round that an early click began.
    start = gr.Button("Begin", variant="primary", elem_id="begin", interactive=False)
    board = gr.HTML(elem_id="round", padding=False)
    with gr.Row(elem_id="picks"):
        picks = [gr.Button(f"{side} is real", visible=False) for side in _SIDES]
    outputs = [sitting, name, start, board, *picks]

    def open_page(request: gr.Request) -> list[Any]:
        """A link to a result shows it; else the page waits for somebody to begin."""
        shared = dict(request.query_params).get("result", "")
        said = _show_result(journal.path, shared) if shared else ""
        missing = "" if pool.approved or shared else render("no_rounds")
        return [None, gr.update(visible=True), _button(pool, "Begin"), said or missing, *_hide()]

    def start_over(given: str | None) -> list[Any]:
        return _show(pool, begin(pool, given or "", random.SystemRandom()), journal.path)

    def pick(now: Sitting | None, side: int) -> list[Any]:
        if now is None or now.is_over:
            return [gr.skip()] * len(outputs)
        _keep(journal, now, side)
        return _show(pool, now, journal.path)

    gr.on(None, open_page, outputs=outputs, **QUIET)
    start.click(start_over, inputs=name, outputs=outputs, **QUIET)
    for side, button in enumerate(picks):
        button.click(
            lambda now, side=side: pick(now, side), inputs=sitting, outputs=outputs, **QUIET
        )


def _keep(journal: Journal, now: Sitting, side: int) -> None:
    is_right = side == now.sides[now.at]
    try:
        note_answer(journal, Answer(now.id, now.name, now.rounds[now.at].id, is_right))
    except OSError as error:
        logger.error("an answer was not kept: %s", describe_failure(error))
        raise gr.Error("That could not be kept. Try again.", print_exception=False) from None
    now.at += 1


def _show(pool: Pool, now: Sitting, answers: Path) -> list[Any]:
    """The next round, or the result."""
    if now.is_over:
        said = _show_result(answers, now.id)
        return [now, gr.update(visible=True), _button(pool, "Again"), said, *_hide()]
    one, side = now.rounds[now.at], now.sides[now.at]
    replies = [one.bots, one.bots]
    replies[side] = one.mine
    page = render(
        "round",
        number=now.at + 1,
        of=len(now.rounds),
        context=one.context[-_TURNS_SHOWN:],
        replies=list(zip(_SIDES, replies, strict=True)),
    )
    hidden = gr.update(visible=False)
    return [now, hidden, hidden, page, *[gr.update(visible=True)] * len(_SIDES)]


def _show_result(answers: Path, sitting: str) -> str:
    everybody = read_answers(answers)
    mine = sum_up(one for one in everybody if one.sitting == sitting)
    if mine is None:
        return render("no_result")
    return render("result", mine=mine, everybody=sum_up(everybody), link=f"?result={sitting}")


def _button(pool: Pool, label: str) -> Any:
    return gr.update(visible=True, value=label, interactive=bool(pool.approved))


def _hide() -> list[Any]:
    return [gr.update(visible=False)] * len(_SIDES)


def build_review_page(pool: Pool) -> None:
    """Inside a Blocks; for the owner alone."""
    build_heading(
        "Review",
        "The blind test quotes your chats. Nobody sees a conversation that you did not approve here.",
    )
    place = gr.State(0)
    board = gr.HTML(elem_id="review", padding=False)
    with gr.Row(elem_id="decide"):
        approve = gr.Button("Others may see it", variant="primary", interactive=False)
        refuse = gr.Button("Keep it private", interactive=False)
    with gr.Row(elem_id="turn"):
        back = gr.Button("Back", size="sm", interactive=False)
        on = gr.Button("Next", size="sm", interactive=False)
    buttons = [approve, refuse, back, on]  # of no use before something is shown

    def show(at: int) -> list[Any]:
        rounds = pool.rounds
        at %= len(rounds)
        page = render(
            "review",
            one=rounds[at],
            number=at + 1,
            of=len(rounds),
            approved=len(pool.approved),
            open=sum(one.is_approved is None for one in rounds),
        )
        return [at, page]

    def open_page() -> list[Any]:
        return [*show(0), *[gr.update(interactive=True)] * len(buttons)]

    def decide(at: int, is_approved: bool) -> list[Any]:
        pool.decide(pool.rounds[at].id, is_approved)
        return show(at + 1)

    shown = [place, board]
    gr.on(None, open_page, outputs=[*shown, *buttons], **QUIET)
    approve.click(lambda at: decide(at, True), inputs=place, outputs=shown, **QUIET)
    refuse.click(lambda at: decide(at, False), inputs=place, outputs=shown, **QUIET)
    back.click(lambda at: show(at - 1), inputs=place, outputs=shown, **QUIET)
    on.click(lambda at: show(at + 1), inputs=place, outputs=shown, **QUIET)
