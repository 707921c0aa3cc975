"""Seq2SeqTrainer with our batches, a validation loss a token, and a stop where numbers end.

The overridden methods that are not public (`_get_grad_norm`) have tests that fail if a new
transformers no longer calls them.
"""

from collections.abc import Sequence
from typing import Any, NoReturn

import torch
from accelerate.utils import gather_object
from datasets import Dataset
from torch.utils.data import DataLoader
from transformers import Seq2SeqTrainer

from talklikeme.batching import (
    ROWS,
    BatchLimit,
    LengthBatches,
    NumberedCollator,
    NumberedRows,
    lengths_of,
)
from talklikeme.callbacks import FollowEpoch
from talklikeme.errors import ConfigError, RunError
from talklikeme.loss import mean_token_loss, row_losses, token_loss
from talklikeme.optimizers import build_muon
from talklikeme.query_rate import slow_queries

SHOWN_ROWS = 64


class ChatTrainer(Seq2SeqTrainer):
    """Trains on encoded pairs.

    `batch_tokens` limits a batch by its tokens instead of its rows; `optimizer` is adamw or muon.
    """

    def __init__(
        self,
        *,
        data_collator: Any,
        eval_dataset: Dataset | None,
        batch_tokens: int | None = None,
        optimizer: str = "adamw",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            data_collator=NumberedCollator(data_collator),
            eval_dataset=None if eval_dataset is None else NumberedRows(eval_dataset),
            compute_loss_func=self._token_loss,
            compute_metrics=mean_token_loss,
            **kwargs,
        )
        self._batch_tokens = batch_tokens
        self._optimizer_name = optimizer
        self.optimizer: torch.optim.Optimizer | None
        self._follower = FollowEpoch()
        self.add_callback(self._follower)
        # Row numbers and loss of each batch of the update under way, on this process.
        self._parts: list[tuple[torch.Tensor, torch.Tensor]] = []

    def _token_loss(
        self, outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None
    ) -> torch.Tensor:
        smoothing = self.args.label_smoothing_factor
        return token_loss(outputs["logits"], labels, num_items_in_batch, smoothing)

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """The Trainer's documented place for an optimizer of one's own; raises ConfigError under FSDP."""
        if self.optimizer is not None:
            return self.optimizer
        trained = self.model if model is None else model
        if self._optimizer_name == "muon":
            self.optimizer = self._build_muon(trained)
        else:
            super().create_optimizer(model)
        slow_queries(self.optimizer, trained)
        return self.optimizer

    def _build_muon(self, model: Any) -> torch.optim.Optimizer:
        if self.is_fsdp_enabled:
            raise ConfigError(
                "--optimizer muon: needs whole matrices, and FSDP divides them. Use adamw"
            )
        return build_muon(
            model,
            learning_rate=self.args.learning_rate,
            weight_decay=self.args.weight_decay,
            betas=(self.args.adam_beta1, self.args.adam_beta2),
        )

    def get_train_dataloader(self) -> DataLoader:
        """Our batches for accelerate to deal out.

        This is the Trainer's documented place for it. All sampling strategies come through here: the
        Trainer's own shuffling by length draws from torch's generator, which a resume winds on.
        """
        self._follower.batches = batches = self._plan_batches()
        loader = DataLoader(
            NumberedRows(self.train_dataset),
            batch_sampler=batches,
            collate_fn=self.data_collator,
            num_workers=self.args.dataloader_num_workers,
            pin_memory=self.args.dataloader_pin_memory,
            persistent_workers=self.args.dataloader_persistent_workers,
            prefetch_factor=self.args.dataloader_prefetch_factor,
        )
        return self.accelerator.prepare(loader)

    def _plan_batches(self) -> LengthBatches:
        data = self.train_dataset
        try:
            return LengthBatches(
                lengths_of(data, "input_ids"),
                lengths_of(data, "labels"),
                BatchLimit(self._train_batch_size, self._batch_tokens),
                seed=self.args.seed if self.args.data_seed is None else self.args.data_seed,
                parts=self.accelerator.num_processes * self.args.gradient_accumulation_steps,
                order=self.args.train_sampling_strategy,
            )
        except ValueError as error:
            tokens = self._batch_tokens
            where = "training pairs" if tokens is None else f"--batch-tokens {tokens}"
            raise ConfigError(f"{where}: {error}") from None

    def training_step(
        self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """One forward and backward; keeps what a message about it would need."""
        rows = inputs.pop(ROWS)
        # The decoder would keep keys and values of every layer for a next token that never comes.
        loss = super().training_step(model, inputs | {"use_cache": False}, num_items_in_batch)
        self._parts.append((rows, loss))
        return loss

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> Any:
        """The Trainer asks for it once an update, just before the weights change.

        Raises RunError if the loss or the gradient of the update is no finite number.
        """
        norm = super()._get_grad_norm(model, grad_norm=grad_norm)
        if hasattr(norm, "full_tensor"):  # FSDP2's is in pieces
            norm = norm.full_tensor()
        losses = torch.stack([loss for _, loss in self._parts])
        # With float16, infinite gradients are usual: the scaler passes them over.
        sizes = losses if self.args.fp16 else torch.cat([losses, torch.as_tensor(norm).view(1)])
        if self._somewhere(~torch.isfinite(sizes).all()):
            self._stop(losses)
        self._parts = []
        return norm

    def _somewhere(self, flag: torch.Tensor) -> bool:
        """Whether the flag is up in any of the processes: all must stop, or none."""
        if self.accelerator.num_processes > 1:
            flag = self.accelerator.reduce(flag.float())
        return bool(flag)

    def _stop(self, losses: torch.Tensor) -> NoReturn:
        guilty = [rows for rows, loss in self._parts if not torch.isfinite(loss)]
        finite = not self._somewhere(~torch.isfinite(losses).all())
        parts = [rows for rows, _ in self._parts] if finite else guilty
        rows = sorted(gather_object([number for part in parts for number in part.tolist()]))
        what = "gradient" if finite else "loss"
        raise RunError(
            f"step {self.state.global_step + 1}: the {what} is no finite number, in row"
            f"{'s' if len(rows) > 1 else ''} {_listed(rows)} of the training pairs. "
            f"{self._kept()}. Try a lower --learning-rate or --precision float32, with --fresh"
        )

    def _kept(self) -> str:
        best = self.state.best_model_checkpoint
        return f"The best checkpoint so far is {best}" if best else "There is no checkpoint yet"

    def prediction_step(
        self,
        model: Any,
        inputs: dict[str, Any],
        prediction_loss_only: bool,  # noqa: ARG002 - the Trainer's signature
        ignore_keys: Any = None,  # noqa: ARG002
    ) -> tuple[None, torch.Tensor, torch.Tensor]:
        """Validation: (rows, 3) sums of nats and tokens instead of logits, for `mean_token_loss`."""
        inputs = self._prepare_inputs(inputs)
        labels, rows = inputs.pop("labels"), inputs.pop(ROWS)
        with torch.no_grad(), self.compute_loss_context_manager():
            sums = row_losses(model(**inputs)["logits"], labels, rows)
        return None, sums, sums


def _listed(rows: Sequence[int]) -> str:
    more = len(rows) - SHOWN_ROWS
    return ", ".join(map(str, rows[:SHOWN_ROWS])) + (f" and {more} more" if more > 0 else "")
