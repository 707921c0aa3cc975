"""Gradio's chatbot as a messenger: every bubble stands as it was written."""

import html
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import gradio as gr
from gradio.components.chatbot import TextMessage

from talklikeme.messages import clean_text
from talklikeme.turns import Turn


def build_chatbot(*, has_thumbs: bool) -> gr.Chatbot:
    """The conversation; thumbs under each reply, where they are kept."""
    chatbot = gr.Chatbot(
        elem_id="chat",
        show_label=False,
        label="Conversation",
        container=False,
        layout="bubble",
        group_consecutive_messages=False,
        render_markdown=False,  # a chat's *stars* and <tags> are what was written, and no image is fetched
        latex_delimiters=[],
        buttons=[],
        feedback_options=("Like", "Dislike") if has_thumbs else None,
        height="12rem",  # at least; it takes what the page has left
        scale=1,
    )
    _show_verbatim(chatbot)
    return chatbot


def read_turns(history: Iterable[dict[str, Any]]) -> Iterator[Turn]:
    """Gradio's messages as turns; their content is a string or a list of parts."""
    for message in history:
        content = message["content"]
        parts = [content] if isinstance(content, str) else [part.get("text") for part in content]
        text = clean_text("\n".join(part for part in parts if isinstance(part, str)))
        if text:
            yield {"role": "user" if message["role"] == "user" else "assistant", "content": text}


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
