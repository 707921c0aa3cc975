"""The page in the browser: a Gradio chat in which every bubble is a message of its own.

Nothing is loaded from other hosts, kept on disk or reported: telemetry, run history, flagging,
share links and the API pages are off.
"""

import asyncio
import html
import logging
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount

# Gradio and the Hugging Face hub client read these when they are imported.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import gradio as gr
from gradio.components.chatbot import TextMessage
from gradio.routes import App

from talklikeme.channels.failures import describe_failure
from talklikeme.desk import BusyError, Lane
from talklikeme.messages import clean_text
from talklikeme.replies import ModelFacts, Turn
from talklikeme.rhythm import Rhythm

logger = logging.getLogger(__name__)

EXAMPLES = (
    "whats up",
    "hi",
    "hey how are you",
    "what are you up to",
    "that dodgers game was awesome",
)
LONGEST_MESSAGE = 2000
_PLACEHOLDER = "Message"
_MOST_WAITING = 256


def build_chat(lane: Lane, rhythm: Rhythm | None = None) -> gr.Blocks:
    """The chat page; it can be mounted only once."""

    async def answer(
        message: str | None, history: list[dict[str, Any]]
    ) -> AsyncIterator[list[str]]:
        began = time.monotonic()
        text = clean_text(message or "")
        if problem := find_problem(text):
            raise gr.Error(problem, print_exception=False)
        try:
            bubbles = await lane.ask([*read_turns(history), {"role": "user", "content": text}])
        except BusyError:
            gr.Warning("Too many are asking at once. Try again in a minute.", title="Sorry")
            bubbles = []
        except Exception as error:
            logger.error("a message got no reply: %s", describe_failure(error))
            # not gr.Error: after one, Gradio 6.31 never lets the visitor type again
            gr.Warning("No answer came out. Try again.", title="Sorry")
            bubbles = []
        async for shown in say_in_rhythm(bubbles, rhythm, time.monotonic() - began):
            yield shown

    chat = gr.ChatInterface(
        answer,
        title="Talk to me",
        description=describe_model(lane.facts),
        examples=list(EXAMPLES),
        chatbot=_build_chatbot(),
        textbox=_build_textbox(),
        validator=_validate,
        flagging_mode="never",
        analytics_enabled=False,
        concurrency_limit=_MOST_WAITING,  # they wait at the desk, which answers several at once
        api_name="chat",
    )
    _keep_placeholder(chat)
    return chat.queue(max_size=_MOST_WAITING)


def mount_chat(app: FastAPI, lane: Lane, rhythm: Rhythm | None = None) -> None:
    """Put the chat at the app's root; call it after every other route is there."""
    # Without this Gradio reflects any Origin, credentials allowed, to whichever page asks.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    gr.mount_gradio_app(
        app,
        build_chat(lane, rhythm),
        path="/",
        theme=_build_theme(),
        css_paths=[Path(__file__).with_name("web.css")],
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size="1kb",
        ssr_mode=False,
        mcp_server=False,
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
    )


def release_pages(app: FastAPI) -> None:
    """End the streams by which open pages watch whether the server lives."""
    for route in app.routes:
        if isinstance(route, Mount) and isinstance(route.app, App):
            route.app.stop_event.set()


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


def describe_model(facts: ModelFacts) -> str:
    """What a friend should know before the first message."""
    return (
        f"**This is a bot.** It learned from {facts.pairs:,} message pairs to write like one person. "
        "It is not that person: it makes things up and can be wrong or rude. "
        "It runs on its owner's machine; nothing you type here is saved or sent elsewhere."
    )


def find_problem(text: str) -> str:
    """Why a cleaned message cannot be answered; empty if it can."""
    if not text:
        return "Write something first."
    if len(text) > LONGEST_MESSAGE:
        return f"That is too long: {len(text):,} characters, and {LONGEST_MESSAGE:,} are the most."
    return ""


def read_turns(history: list[dict[str, Any]]) -> Iterator[Turn]:
    """Gradio's messages as turns; their content is a string or a list of parts."""
    for message in history:
        content = message["content"]
        parts = [content] if isinstance(content, str) else [part.get("text") for part in content]
        text = clean_text("\n".join(part for part in parts if isinstance(part, str)))
        if text:
            yield {"role": "user" if message["role"] == "user" else "assistant", "content": text}


def _validate(message: str | None) -> dict[str, Any]:
    problem = find_problem(clean_text(message or ""))
    verdict: dict[str, Any] = gr.validate(not problem, problem)
    return verdict


def _build_chatbot() -> gr.Chatbot:
    chatbot = gr.Chatbot(
        elem_id="chat",
        show_label=False,
        container=False,
        layout="bubble",
        group_consecutive_messages=False,
        render_markdown=False,  # a chat's *stars* and <tags> are what was written, and no image is fetched
        latex_delimiters=[],
        buttons=[],
        feedback_options=None,
        scale=1,
    )
    _show_verbatim(chatbot)
    return chatbot


def _show_verbatim(chatbot: gr.Chatbot) -> None:
    """Show every message as it was written: the browser would take "<b>" for markup and drop it."""
    show, read = chatbot.postprocess, chatbot.preprocess

    def escape(value: Any) -> Any:
        return _map_texts(lambda text: html.escape(text, quote=False), show(value))

    def unescape(payload: Any) -> Any:
        return read(payload and _map_texts(html.unescape, payload))

    # On this one object, for Gradio answers a subclass by writing a .pyi file beside our source.
    chatbot.postprocess, chatbot.preprocess = escape, unescape


def _map_texts(change: Callable[[str], str], messages: Any) -> Any:
    changed = messages.model_copy(deep=True)
    for message in changed.root:
        for part in message.content:
            if isinstance(part, TextMessage):
                part.text = change(part.text)
    return changed


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
    )


def _keep_placeholder(chat: gr.ChatInterface) -> None:
    """ChatInterface blanks the placeholder on the first message and never brings it back."""
    with chat:
        chat.chatbot.change(
            lambda: gr.update(placeholder=_PLACEHOLDER),
            outputs=chat.textbox,
            queue=False,
            show_progress="hidden",
            api_visibility="undocumented",
        )


def _build_theme() -> gr.themes.Base:
    return gr.themes.Base(
        primary_hue="blue",
        neutral_hue="gray",
        font=["system-ui", "-apple-system", "Segoe UI", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
        radius_size="lg",
    )
