"""The sample board: the same questions at every so many steps, to watch the model learn to talk.

lesson.py says what is in its file, samples.jsonl.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, TrainerCallback

from talklikeme.generation import draw_replies
from talklikeme.lesson import LOGS
from talklikeme.openers import USUAL
from talklikeme.sharding import is_sharded
from talklikeme.tokens import ChatEncoder
from talklikeme.turns import Turn


class Question:
    """A context for the board, with the real answer if there is one."""

    def __init__(
        self, turns: Sequence[Turn], real: Sequence[str] = (), friend: str | None = None
    ) -> None:
        self.turns = list(turns)
        self.real = list(real)
        self.friend = friend

    @property
    def last_words(self) -> str:
        """What the board shows of the context."""
        return self.turns[-1]["content"].replace("\n", " ") if self.turns else "(you open)"


def choose_questions(validation: Sequence[dict[str, Any]], drawn: int) -> list[Question]:
    """The fixed openers, and `drawn` contexts spread evenly over the validation pairs."""
    questions = [Question([{"role": "user", "content": text}]) for text in USUAL]
    answered = [row for row in validation if row["prompt"] and row["prompt"][-1]["role"] == "user"]
    for position in range(min(drawn, len(answered))):
        row = answered[position * len(answered) // drawn]
        real = [turn["content"] for turn in row["completion"]]
        questions.append(Question(row["prompt"], real, row.get("friend")))
    return questions


class SampleBoard(TrainerCallback):
    """Asks the questions at step 0, every `steps` and at the last, prints the answers, writes and logs them."""

    def __init__(
        self,
        encoder: ChatEncoder,
        questions: Sequence[Question],
        config: GenerationConfig,
        *,
        path: Path,
        steps: int,
        seed: int,
    ) -> None:
        self._encoder = encoder
        self._questions = questions
        self._config = config
        self._path = path
        self._steps = steps
        self._seed = seed

    def on_train_begin(self, _args: Any, state: Any, _control: Any, **kwargs: Any) -> None:
        """Forget what a killed run wrote after its last checkpoint; ask at step 0."""
        if state.is_world_process_zero:
            _keep_rows(self._path, before=state.global_step)
        if state.global_step == 0:
            self._ask(state, kwargs["model"])

    def on_step_end(self, _args: Any, state: Any, _control: Any, **kwargs: Any) -> None:
        """Ask again every so many steps, and at the last."""
        if state.global_step % self._steps == 0 or state.global_step >= state.max_steps:
            self._ask(state, kwargs["model"])

    def _ask(self, state: Any, model: Any) -> None:
        """On the main process; of a divided model on all, which draw the same in step."""
        if not state.is_world_process_zero and not is_sharded(model):
            return
        model.eval()
        # Drawing must not disturb the dropout and the shuffling of training: a run with the board
        # and one without end in the same weights.
        with torch.random.fork_rng():
            torch.manual_seed(self._seed)
            contexts = [question.turns for question in self._questions]
            friends = [question.friend for question in self._questions]
            replies = draw_replies(model, self._encoder, contexts, self._config, friends=friends)
        model.train()
        if state.is_world_process_zero:
            self._write(state.global_step, replies)
            self._show(state.global_step, replies)

    def _write(self, step: int, replies: Sequence[Sequence[str]]) -> None:
        with self._path.open("a", encoding="utf-8") as out:
            for question, reply in zip(self._questions, replies, strict=True):
                row = {
                    "step": step,
                    "prompt": question.turns,
                    "reply": reply,
                    "real": question.real,
                }
                out.write(json.dumps(row, ensure_ascii=False) + "\n")

    def _show(self, step: int, replies: Sequence[Sequence[str]]) -> None:
        from torch.utils.tensorboard import SummaryWriter
        from tqdm import tqdm

        lines = [
            f"{question.last_words[:48]!r} → {' ⏎ '.join(reply) or '(nothing)'}"
            for question, reply in zip(self._questions, replies, strict=True)
        ]
        tqdm.write(f"\nsample board, step {step}\n  " + "\n  ".join(lines))
        with SummaryWriter(str(self._path.parent / LOGS)) as writer:
            writer.add_text("sample board", "  \n".join(lines), step)


def _keep_rows(path: Path, *, before: int) -> None:
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if line.endswith("\n") and json.loads(line)["step"] <= before]
    path.write_text("".join(kept) if before else "", encoding="utf-8")
