"""What training shows: one bar with the loss, the validation loss and the time left."""

from typing import Any

from tqdm.auto import tqdm
from transformers import ProgressCallback, TrainerCallback


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


class LossBar(ProgressCallback):
    """The Trainer's bar, with the losses on it instead of a line of Python for every log entry."""

    def __init__(self) -> None:
        super().__init__()
        self.prediction_bar: Any = None
        self._shown: dict[str, str] = {}

    def on_train_begin(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
        """After a resume the bar starts where the run stands, or its time left would be a dream."""
        self._shown = {}
        self.current_step = state.global_step
        if state.is_world_process_zero:
            self.training_bar = tqdm(
                total=state.max_steps, initial=state.global_step, unit="step", dynamic_ncols=True
            )

    def on_log(
        self, _args: Any, state: Any, _control: Any, logs: dict[str, Any] | None = None, **_: Any
    ) -> None:
        """Put the newest losses behind the bar."""
        names = {"loss": "loss", "eval_loss": "validation"}
        self._shown |= {
            shown: f"{value:.3f}"
            for name, shown in names.items()
            if (value := (logs or {}).get(name)) is not None
        }
        if state.is_world_process_zero and self.training_bar is not None:
            self.training_bar.set_postfix(self._shown)

    def close(self) -> None:
        """End the bar's line, so that what is said next stands on one of its own."""
        for bar in (self.prediction_bar, self.training_bar):
            if bar is not None:
                bar.close()
        self.prediction_bar = self.training_bar = None
