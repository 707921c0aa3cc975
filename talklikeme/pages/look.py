"""What all pages share: the theme, and HTML that is made of escaped text alone."""

from typing import Any, Final

import gradio as gr

from talklikeme.templates import open_templates

# For what happens on a page by itself or at a click: no spinner over it, no entry in the API. And no
# queue: Gradio 6.31 closes the stream on which a queue's answers come when the last event has ended; one
# that was asked for at that moment is never answered, and if it was a timer's, the timer stands still.
QUIET: Final[dict[str, Any]] = {
    "queue": False,
    "show_progress": "hidden",
    "api_visibility": "undocumented",
}
_templates = open_templates("talklikeme.pages")


def render(template: str, **values: object) -> str:
    """A template of this folder, filled; whatever stands in `values` is text, not markup."""
    return _templates.get_template(f"{template}.html").render(**values)


def build_theme() -> gr.themes.Base:
    """Fonts of the machine that looks, so that none is fetched."""
    theme = gr.themes.Base(
        primary_hue="blue",
        neutral_hue="gray",
        font=["system-ui", "-apple-system", "Segoe UI", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
        radius_size="lg",
    )
    # Gradio's own blue is too light under white letters (WCAG 2.2, 1.4.3).
    return theme.set(
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_700",
        button_primary_text_color="white",
    )


def build_heading(title: str, says: str) -> None:
    """The head of a page: what it is and, in a sentence, what one sees."""
    gr.HTML(render("heading", title=title, says=says), elem_classes="heading")
