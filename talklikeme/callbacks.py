"""What training shows: one bar with the loss, the validation loss and the time left.

Where nobody watches (a log, a pipe) it is a plain line instead whenever there are new numbers.
"""

import sys
import time
from typing import Any

import datasets
from tqdm.auto import tqdm
from transformers import ProgressCallback, TrainerCallback
from transformers.trainer_callback import ExportableState
from transformers.utils.logging import disable_progress_bar


class FollowEpoch(TrainerCallback):
    """Tells the batches which epoch begins.

    The Trainer's own `set_epoch` does not get through accelerate's wrappers where several processes
    go on in the middle of an epoch.
    """

    def __init__(self) -> None:
        self.batches: Any = None

    def on_epoch_begin(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
        """`state.epoch` is the share of epochs done: whole at the start of one, but after a resume."""
        if self.batches is not None:
            self.batches.set_epoch(int(state.epoch or 0))


class Clock(TrainerCallback, ExportableState):
    """Seconds of training, those before a stop included: checkpoints keep `earlier`, a resume sets it."""

    def __init__(self) -> None:
        self.earlier = 0.0
        self._begun = time.monotonic()

    def on_train_begin(self, _args: Any, _state: Any, _control: Any, **_: Any) -> None:
        """What comes before (encoding, loading) is not training."""
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        """So far."""
        return self.earlier + time.monotonic() - self._begun

    def state(self) -> dict[str, Any]:
        """What the Trainer puts into trainer_state.json, and a resumed one gives to a new clock."""
        return {"args": {}, "attributes": {"earlier": self.seconds}}


class LossBar(ProgressCallback):
    """The Trainer's bar, with the losses on it instead of a line of Python for every log entry."""

    def __init__(self) -> None:
        super().__init__()
        self.prediction_bar: Any = None
        self._is_watched = sys.stderr.isatty()
        self._shown: dict[str, str] = {}
        self._begun = (0, 0.0)  # step, and seconds of the clock

    def on_train_begin(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
        """After a resume the bar starts where the run stands, or its time left would be a dream."""
        self._shown = {}
        self.current_step = state.global_step
        self._begun = (state.global_step, time.monotonic())
        if state.is_world_process_zero and self._is_watched:
            self.training_bar = tqdm(
                total=state.max_steps, initial=state.global_step, unit="step", dynamic_ncols=True
            )

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Move the bar on."""
        if self._is_watched:
            super().on_step_end(args, state, control, **kwargs)

    def on_prediction_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """A second bar while it validates."""
        if self._is_watched:
            super().on_prediction_step(args, state, control, **kwargs)

    def on_log(
        self, _args: Any, state: Any, _control: Any, logs: dict[str, Any] | None = None, **_: Any
    ) -> None:
        """Put the newest losses behind the bar, or on a line of their own."""
        names = {"loss": "loss", "eval_loss": "validation"}
        new = {
            shown: f"{value:.3f}"
            for name, shown in names.items()
            if (value := (logs or {}).get(name)) is not None
        }
        self._shown |= new
        if not state.is_world_process_zero:
            return
        if self.training_bar is not None:
            self.training_bar.set_postfix(self._shown)
        elif new and not self._is_watched:
            self._say(state)

    def _say(self, state: Any) -> None:
        step, started = self._begun
        done, total = state.global_step, state.max_steps
        pace = (time.monotonic() - started) / max(done - step, 1)
        losses = "".join(f", {name} {value}" for name, value in self._shown.items())
        left = tqdm.format_interval((total - done) * pace)
        print(  # noqa: T201 - the bar of a log
            f"step {done} of {total} ({done / total:.0%}){losses}, {left} left",
            file=sys.stderr,
            flush=True,
        )

    def on_train_end(self, _args: Any, _state: Any, _control: Any, **_: Any) -> None:
        """Training is over."""
        self.close()

    def close(self) -> None:
        """End the bar's line, so that what is said next stands on one of its own."""
        for bar in (self.prediction_bar, self.training_bar):
            if bar is not None:
                bar.close()
        self.prediction_bar = self.training_bar = None


def hush_unwatched_bars() -> None:
    """Keep the bars of datasets and transformers out of logs, where each redraw is a line."""
    if not sys.stderr.isatty():
        datasets.disable_progress_bars()
        disable_progress_bar()
