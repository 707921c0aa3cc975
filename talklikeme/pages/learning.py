"""Watch it learn: the same questions at every so many steps, with the loss beside them; live while it trains."""

from collections.abc import Sequence
from typing import Any, Final

import gradio as gr

from talklikeme.lesson import Answer, Lesson, read_lesson
from talklikeme.options import AppOptions
from talklikeme.pages.curve import draw_curve
from talklikeme.pages.look import QUIET, build_heading, render

_LOOK_SECONDS: Final = 10


def build_learning_page(out: AppOptions) -> None:
    """Inside a Blocks."""
    build_heading(
        "Watch it learn",
        "The same questions, asked again and again while it trained: move the slider.",
    )
    note = gr.HTML(elem_classes="note")
    step = gr.Slider(0, 1, value=0, step=1, label="Training step", elem_id="step", visible=False)
    curve = gr.HTML(elem_id="curve")
    answers = gr.HTML(elem_id="answers", padding=False)
    shown: list[Any] = [note, step, curve, answers]
    clock = gr.Timer(_LOOK_SECONDS)

    def open_last() -> list[Any]:
        lesson = read_lesson(out.training_folder, out.model_folder)
        return _show(lesson, None if lesson is None else lesson.steps[-1])

    def move(to: float) -> list[Any]:
        return _show(read_lesson(out.training_folder, out.model_folder), to)[2:]

    def follow(at: float) -> list[Any]:
        """Whoever looks at the newest step sees the next one when it comes."""
        lesson = read_lesson(out.training_folder, out.model_folder)
        if lesson is None or not lesson.is_under_way:
            return [gr.skip()] * len(shown)
        return _show(lesson, lesson.steps[-1] if at >= _second_last(lesson.steps) else at)

    gr.on(None, open_last, outputs=shown, **QUIET)
    step.input(move, inputs=step, outputs=shown[2:], **QUIET)
    clock.tick(follow, inputs=step, outputs=shown, **QUIET)


def _second_last(steps: Sequence[int]) -> int:
    return steps[-2] if len(steps) > 1 else steps[-1]


def _show(lesson: Lesson | None, at: float | None) -> list[Any]:
    """Note, slider, curve and answers at the asked step that is nearest to `at`."""
    if lesson is None or at is None:
        return [render("note", is_under_way=False), gr.update(visible=False), "", ""]
    steps = lesson.steps
    step = min(steps, key=lambda one: abs(one - at))
    says = render("note", is_under_way=True) if lesson.is_under_way else ""
    slider = gr.update(
        visible=True, minimum=steps[0], maximum=max(steps[-1], 1), step=_gap(steps), value=step
    )
    curve = draw_curve(lesson.curves, step)
    answers = render("answers", step=f"{step:,}", rows=_rows(lesson.answers[step]))
    return [says, slider, curve, answers]


def _gap(steps: Sequence[int]) -> int:
    return steps[1] - steps[0] if len(steps) > 1 else 1


def _rows(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    return [
        {
            "asked": one.prompt[-1]["content"] if one.prompt else "(you begin)",
            "said": list(one.reply),
            "real": list(one.real),
        }
        for one in answers
    ]
