"""The chat page: every bubble is a message of its own, and each reply can be asked for its reasons.

A chat lives in its visitor's page alone; only what a thumb is given to is kept, and says so.
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr

from talklikeme.answering import say_best
from talklikeme.choosing import Candidate
from talklikeme.desk import MOST_WAITING, BusyError, Lane
from talklikeme.failures import describe_failure
from talklikeme.journal import Journal
from talklikeme.messages import clean_text
from talklikeme.openers import USUAL
from talklikeme.pages.bubbles import build_chatbot, read_turns
from talklikeme.pages.look import QUIET, render
from talklikeme.rhythm import Rhythm
from talklikeme.thumbs import note_thumb
from talklikeme.turns import Turn

logger = logging.getLogger(__name__)

LONGEST_MESSAGE: Final = 2000
ANYBODY: Final = "anybody"
_PLACEHOLDER: Final = "Message"
_SAVE: Final = Path(__file__).with_name("save.js").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Chat:
    """How the chat page answers, and what it may tell."""

    rhythm: Rhythm | None = None
    openers: Sequence[str] = USUAL
    friends: Sequence[str] = ()  # whom one may talk as; names, so for the owner alone
    # How surely a judge takes its replies for mine, and my own: what is above mine is no likeness.
    likeness: tuple[float, float] | None = None
    thumbs: Journal | None = None


@dataclass(slots=True)
class _Shown:
    """What was said, and the reasons as HTML."""

    bubbles: list[str]
    why: str


def build_chat_page(chat: Chat, lane: Lane) -> None:
    """Inside a Blocks."""
    gr.HTML(_describe(chat, lane), elem_classes="heading")
    friends = [_build_friends(chat.friends)] if chat.friends else []
    why = gr.HTML(explain([]), render=False)
    interface = gr.ChatInterface(
        _build_answer(chat, lane),
        chatbot=build_chatbot(has_thumbs=chat.thumbs is not None),
        textbox=_build_textbox(),
        additional_inputs=friends,
        additional_outputs=[why],
        examples=[[text, None] for text in chat.openers] if friends else list(chat.openers),
        validator=_validate,
        editable=True,
        flagging_mode="never",
        analytics_enabled=False,
        concurrency_limit=MOST_WAITING,  # they wait at the desk, which answers several at once
        api_name="chat",
    )
    with gr.Row(elem_id="tools"):
        anew = gr.Button("New conversation", size="sm", variant="secondary")
        save = gr.Button("Save as JSON", size="sm", variant="secondary")
    with gr.Accordion("Why this reply?", open=False, elem_id="why"):
        why.render()
    _connect(interface, anew, save, why)
    if chat.thumbs is not None:
        _keep_thumbs(interface, chat.thumbs)


def _build_friends(names: Sequence[str]) -> gr.Dropdown:
    return gr.Dropdown(
        [ANYBODY, *names], value=ANYBODY, label="You are", elem_id="friend", interactive=True
    )


def _build_answer(chat: Chat, lane: Lane) -> Any:
    async def answer(
        message: str | None, history: list[dict[str, Any]], friend: str | None = None
    ) -> AsyncIterator[tuple[list[str], str]]:
        began = time.monotonic()
        text = clean_text(message or "")
        if problem := find_problem(text):
            raise gr.Error(problem, print_exception=False)
        turns: list[Turn] = [*read_turns(history), {"role": "user", "content": text}]
        shown = await _ask(lane, turns, None if friend == ANYBODY else friend)
        spent = time.monotonic() - began
        async for bubbles in say_in_rhythm(shown.bubbles, chat.rhythm, spent):
            yield bubbles, shown.why

    return answer


async def _ask(lane: Lane, turns: Sequence[Turn], friend: str | None) -> _Shown:
    """A reply with its reasons; nothing, and one line for the visitor, where there is none."""
    try:
        candidates = await lane.consider(turns, friend)
    except BusyError:
        gr.Warning("Too many are asking at once. Try again in a minute.", title="Sorry")
    except Exception as error:
        logger.error("a message got no reply: %s", describe_failure(error))
        # not gr.Error: after one, Gradio 6.31 never lets the visitor type again
        gr.Warning("No answer came out. Try again.", title="Sorry")
    else:
        return _Shown(say_best(candidates), explain(candidates))
    return _Shown([], explain([]))


def explain(candidates: Sequence[Candidate]) -> str:
    """All that could have been said, with how likely it is and what spoke against it."""
    rows = [
        {
            "said": " / ".join(one.bubbles),
            "given": f"{one.given / one.tokens:.2f}",
            "alone": "" if one.alone is None else f"{one.alone / one.tokens:.2f}",
            "against": _object(one),
        }
        for one in candidates
    ]
    return render(
        "why",
        candidates=rows,
        compares=any(one["alone"] for one in rows),
        objects=any(one["against"] for one in rows),
    )


def _object(one: Candidate) -> str:
    objections = {
        one.objection: bool(one.objection),
        "has a hole": one.has_holes,
        "was just said": one.is_stale,
        "goes in circles": one.is_circling,
        "was cut off": not one.is_whole,
        "a commonplace": one.is_commonplace,
    }
    return ", ".join(text for text, holds in objections.items() if holds)


async def say_in_rhythm(
    bubbles: list[str], rhythm: Rhythm | None, spent: float
) -> AsyncIterator[list[str]]:
    """The bubbles so far, each after its pause; the seconds already spent count for the first."""
    if rhythm is None or not bubbles:
        yield bubbles
        return
    pauses = rhythm.pauses(bubbles, random.Random())
    for count, pause in enumerate([pauses[0] - spent, *pauses[1:]], start=1):
        await asyncio.sleep(max(0.0, pause))
        yield bubbles[:count]


def _describe(chat: Chat, lane: Lane) -> str:
    """What a friend should know before the first message."""
    return render(
        "about",
        pairs=f"{lane.facts.pairs:,}",
        likeness=[f"{share:.0%}" for share in chat.likeness or ()],
        keeps=chat.thumbs is not None,
    )


def find_problem(text: str) -> str:
    """Why a cleaned message cannot be answered; empty if it can."""
    if not text:
        return "Write something first."
    if len(text) > LONGEST_MESSAGE:
        return f"That is too long: {len(text):,} characters, and {LONGEST_MESSAGE:,} are the most."
    return ""


def _validate(message: str | None, *others: Any) -> Any:
    problem = find_problem(clean_text(message or ""))
    verdicts = [gr.validate(not problem, problem), *(gr.validate(True, "") for _ in others)]
    return verdicts if others else verdicts[0]


def _build_textbox() -> gr.Textbox:
    return gr.Textbox(
        elem_id="message",
        label="Your message",
        show_label=False,
        container=False,
        placeholder=_PLACEHOLDER,
        lines=1,
        max_lines=6,
        autofocus=True,
        submit_btn=True,
        stop_btn=True,
    )


def _connect(interface: gr.ChatInterface, anew: gr.Button, save: gr.Button, why: gr.HTML) -> None:
    """New conversation, save, and the placeholder that ChatInterface blanks and never brings back."""
    anew.click(
        lambda: ([], [], "", explain([])),
        outputs=[interface.chatbot, interface.chatbot_state, interface.textbox, why],
        **QUIET,
    )
    save.click(None, inputs=interface.chatbot, js=_SAVE, **QUIET)
    interface.chatbot.change(
        lambda: gr.update(placeholder=_PLACEHOLDER), outputs=interface.textbox, **QUIET
    )


def _keep_thumbs(interface: gr.ChatInterface, journal: Journal) -> None:
    def keep(history: list[dict[str, Any]], given: gr.LikeData) -> None:
        prompt, bubbles = split_at(history, int(given.index))
        if not bubbles or given.liked not in (True, False):
            return
        try:
            note_thumb(journal, prompt, bubbles, is_liked=bool(given.liked))
        except OSError as error:
            logger.error("a thumb was not kept: %s", describe_failure(error))
            gr.Warning("That could not be kept.", title="Sorry")

    interface.chatbot.like(
        keep, inputs=interface.chatbot, queue=False, api_visibility="undocumented"
    )


def split_at(history: Sequence[dict[str, Any]], place: int) -> tuple[list[Turn], list[str]]:
    """What was said before the reply that a bubble belongs to, and all its bubbles."""
    turns = [list(read_turns([message])) for message in history]
    roles = ["user" if message["role"] == "user" else "assistant" for message in history]
    if not 0 <= place < len(roles) or roles[place] == "user":
        return [], []
    first = last = place
    while first and roles[first - 1] == "assistant":
        first -= 1
    while last + 1 < len(roles) and roles[last + 1] == "assistant":
        last += 1
    prompt = [turn for found in turns[:first] for turn in found]
    return prompt, [turn["content"] for found in turns[first : last + 1] for turn in found]
