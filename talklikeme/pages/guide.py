"""From zero in the browser: your chats, who is you, training, and then the chat. What is there if no model is.

Each step runs the script of the command line in a child process, so closing the page stops nothing, and
whoever opens it again sees how far it is: what was chosen and how it goes lies in out/guide.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final, Literal

import gradio as gr

from talklikeme.errors import RunError
from talklikeme.guide.errand import Errand, Progress
from talklikeme.guide.findings import Findings, read_findings
from talklikeme.guide.steps import EXAMPLE, FOUND_FILE, Wish, guide_folder, list_look, list_training
from talklikeme.guide.wishes import forget_wish, keep_wish, read_wish
from talklikeme.lesson import read_lesson
from talklikeme.options import AppOptions
from talklikeme.pages.look import QUIET, build_heading, render

UPLOADS: Final = "exports"  # in out/
Stage = Literal["chats", "looking", "found", "training", "done"]
_LOOK_SECONDS: Final = 1.5
_MOST_PEOPLE: Final = 30
_BEFORE_TRAINING: Final = 7  # parts of the page, which a training leaves as they are
_MOST_PROBLEMS: Final = 8
_RELOAD: Final = Path(__file__).with_name("reload.js").read_text(encoding="utf-8")


def build_guide_page(options: AppOptions, restart: Callable[[], None]) -> None:
    """Inside a Blocks; `restart` ends this server and starts one that has the model."""
    build_heading(
        "Make a bot of your chats",
        "Three steps. Everything stays on this machine: this page talks to nobody else.",
    )
    guide = _Guide(options)
    stage = gr.State("")
    trouble = gr.HTML(elem_id="trouble", elem_classes="note")
    with gr.Column(visible=False) as chats:
        gr.HTML(render("guide_chats"), elem_classes="note")
        files = gr.File(
            label="Drop files or zips here", file_count="multiple", height=130, elem_id="drop"
        )
        path = gr.Textbox(
            label="or say in which folder they are",
            placeholder="/home/me/Downloads/chats",
            elem_id="path",
        )
        with gr.Row():
            look = gr.Button("Look into them", variant="primary")
            example = gr.Button("Try the bundled example")
    with gr.Column(visible=False) as found:
        table = gr.HTML(elem_id="ledger", padding=False)
        me = gr.CheckboxGroup(label="Which of these is you?", elem_id="me")
        gr.HTML(render("guide_private"), elem_classes="note")
        with gr.Row():
            train = gr.Button("Train", variant="primary")
            back = gr.Button("Other files")
    with gr.Column(visible=False) as training:
        progress = gr.HTML(elem_id="progress", padding=False)
        answers = gr.HTML(elem_id="answers", padding=False)
        with gr.Row():
            stop = gr.Button("Stop")
            again = gr.Button("Go on")
            anew = gr.Button("Other files")
            chat = gr.Button("Open the chat", variant="primary")
    shown: list[Any] = [stage, trouble, chats, files, found, table, me, training, progress, answers]
    shown += [stop, again, anew, chat]

    in_turn = Lock()  # the page may be open twice

    def act(action: Callable[..., None]) -> Callable[..., list[Any]]:
        def acted(*given: Any) -> list[Any]:
            try:
                with in_turn:
                    action(*given)
            except (RunError, OSError) as error:
                return [gr.skip(), _say_trouble(str(error)), *[gr.skip()] * (len(shown) - 2)]
            return guide.show()

        return acted

    gr.on(None, guide.show, outputs=shown, **QUIET)
    gr.Timer(_LOOK_SECONDS).tick(guide.follow, inputs=stage, outputs=shown, **QUIET)
    for button, action, inputs in (
        (look, guide.look, [files, path]),
        (example, guide.look_at_example, []),
        (train, guide.train, [me]),
        (back, guide.forget, []),
        (anew, guide.forget, []),
        (again, guide.go_on, []),
        (stop, guide.stop, []),
    ):
        button.click(act(action), inputs=inputs, outputs=shown, **QUIET)
    chat.click(restart, js=_RELOAD, **QUIET)


class _Guide:
    """What the buttons do, and what the page shows of what lies on the disk."""

    def __init__(self, options: AppOptions) -> None:
        self._options = options
        self._folder = guide_folder(options)
        self._looking = Errand(self._folder / "look")
        self._training = Errand(self._folder / "training")

    def look(self, uploaded: Sequence[str] | None, where: str | None) -> None:
        """Begin to look into files that were dropped, or into a folder; raises RunError if there are none."""
        exports = self._keep(uploaded) if uploaded else Path((where or "").strip()).expanduser()
        if not uploaded and not (where or "").strip():
            raise RunError("Drop files first, or say in which folder they are.")
        if not exports.exists():
            raise RunError(f"{exports}: there is no such file or folder on this machine.")
        self._begin_to_look(Wish(exports))

    def look_at_example(self) -> None:
        """The same with the chats that are bundled."""
        self._begin_to_look(Wish(EXAMPLE))

    def train(self, me: Sequence[str]) -> None:
        """Begin to train on what was found."""
        wish, findings = read_wish(self._folder), read_findings(self._folder / FOUND_FILE)
        if wish is None or findings is None:
            raise RunError("Look into the files first.")
        if findings.unclear and not me:
            raise RunError("Choose who is you first.")
        wish = Wish(wish.exports, tuple(me))
        keep_wish(self._folder, wish)
        self._training.start(list_training(self._options, wish))

    def go_on(self) -> None:
        """The same again: finetune.py goes on from its newest checkpoint."""
        if wish := read_wish(self._folder):
            self._training.start(list_training(self._options, wish))

    def stop(self) -> None:
        """End the training; it can go on later."""
        self._training.stop()

    def forget(self) -> None:
        """Begin anew with other files."""
        self._training.forget()
        self._looking.forget()
        forget_wish(self._folder)

    def follow(self, seen: str) -> list[Any]:
        """What changes by itself; nothing where nothing does, or what one has just ticked would be gone."""
        everything = self.show()
        if everything[0] != seen:
            return everything
        kept = _BEFORE_TRAINING if seen == "training" else len(everything)
        return [gr.skip()] * kept + everything[kept:]

    def show(self) -> list[Any]:
        """The page as it has to stand: one value a part."""
        looked, trained = self._looking.read(), self._training.read()
        stage = _find_stage(looked, trained)
        findings = read_findings(self._folder / FOUND_FILE) if stage == "found" else None
        trouble = looked.failure if looked and stage == "chats" else ""
        says = render("guide_looking", line=looked.line) if looked and stage == "looking" else ""
        return [
            stage,
            _say_trouble(trouble) if trouble else says,
            gr.update(visible=stage == "chats"),
            gr.skip() if stage == "chats" else None,  # what was dropped has been taken
            gr.update(visible=stage == "found"),
            *(_show_findings(findings) if findings else ["", gr.skip()]),
            gr.update(visible=stage in ("training", "done")),
            *(self._show_training(trained) if trained else [""] * 2 + [gr.skip()] * 4),
        ]

    def _show_training(self, progress: Progress) -> list[Any]:
        lesson = read_lesson(self._options.training_folder, self._options.model_folder)
        board = ""
        if lesson and progress.at >= len(progress.steps) - 1:
            step = lesson.steps[-1]
            rows = [
                {"asked": one.prompt[-1]["content"], "said": one.reply, "real": []}
                for one in lesson.answers[step]
                if one.prompt and not one.real
            ]
            board = render("answers", step=f"{step:,}", rows=rows)
        return [
            render("guide_progress", progress=progress),
            board,
            gr.update(visible=progress.is_running),
            gr.update(visible=bool(progress.failure)),
            gr.update(visible=bool(progress.failure)),
            gr.update(visible=progress.is_done),
        ]

    def _begin_to_look(self, wish: Wish) -> None:
        (self._folder / FOUND_FILE).unlink(missing_ok=True)
        self._looking.start(list_look(self._options, wish))
        keep_wish(self._folder, wish)

    def _keep(self, uploaded: Sequence[str]) -> Path:
        """Out of Gradio's folder, under the names that they had, in place of those that were dropped before."""
        folder, dropped = self._options.out / UPLOADS, self._folder / "dropped"
        shutil.rmtree(dropped, ignore_errors=True)
        dropped.mkdir(parents=True, mode=0o700)
        for number, name in enumerate(uploaded):
            target = dropped / Path(name).name
            shutil.move(
                name, target if not target.exists() else dropped / f"{number} {target.name}"
            )
        shutil.rmtree(folder, ignore_errors=True)
        dropped.rename(folder)
        return folder


def _find_stage(looked: Progress | None, trained: Progress | None) -> Stage:
    if trained is not None:
        return "done" if trained.is_done else "training"
    if looked is None or looked.failure:
        return "chats"
    return "looking" if looked.is_running else "found"


def _say_trouble(text: str) -> str:
    return render("trouble", text=text)


def _show_findings(findings: Findings) -> list[Any]:
    """The table, and the choice of who is me where that is not clear."""
    rows = [
        {
            "path": Path(one.path).name,
            "format": one.format,
            "messages": f"{one.messages:,}",
            "span": f"{one.first} to {one.last}" if one.first else "",
        }
        for one in sorted(findings.files, key=lambda one: -one.messages)
    ]
    mine = sorted({one.name for one in findings.people if one.is_me})
    page = render(
        "guide_found",
        files=rows,
        messages=f"{sum(one.messages for one in findings.files):,}",
        me=mine,
        unclear=findings.unclear,
        problems=findings.problems[:_MOST_PROBLEMS],
        more=max(0, len(findings.problems) - _MOST_PROBLEMS),
        unknown=findings.unknown,
    )
    people = [one for one in findings.people if one.platform in findings.unclear][:_MOST_PEOPLE]
    choices = [(f"{one.name} ({one.messages:,} messages)", one.name) for one in people]
    return [page, gr.update(choices=choices, value=[], visible=bool(findings.unclear))]
