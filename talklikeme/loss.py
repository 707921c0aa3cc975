"""The loss: cross-entropy a token of the reply, the same however a batch is divided."""

from typing import Any

import numpy as np
import torch
from torch.nn import functional

IGNORED = -100  # the label that costs nothing


def token_loss(
    logits: torch.Tensor, labels: torch.Tensor, count: torch.Tensor | int | None, smoothing: float
) -> torch.Tensor:
    """Cross-entropy summed over the reply's tokens, divided by `count`, their number in the update.

    The Trainer believes that T5 divides by it; it does not, and without this, gradient accumulation
    multiplies loss and gradient by the number of steps, and so do processes (inference.md, trap 1).
    It counts the tokens of all accumulation steps and processes, so batches may differ in size.
    `logits` (rows, tokens, vocabulary), `labels` (rows, tokens); the loss is in nats a token.
    """
    summed = functional.cross_entropy(
        logits.flatten(0, 1).float(),
        labels.flatten(),
        ignore_index=IGNORED,
        reduction="sum",
        label_smoothing=smoothing,
    )
    return summed / (labels.ne(IGNORED).sum() if count is None else count)


def row_losses(logits: torch.Tensor, labels: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Each row's number, summed cross-entropy in nats and number of tokens: (rows, 3), float32."""
    each = functional.cross_entropy(
        logits.flatten(0, 1).float(), labels.flatten(), ignore_index=IGNORED, reduction="none"
    )
    counts = labels.ne(IGNORED).sum(dim=1)
    return torch.stack([rows.float(), each.view_as(labels).sum(dim=1), counts.float()], dim=1)


def mean_token_loss(prediction: Any) -> dict[str, float]:
    """The Trainer's metrics from all `row_losses`: the validation loss, nats a token.

    The Trainer's own would be a mean of batches' means, another number for every batch size; and
    several processes repeat rows to fill their last batch, which count once here.
    """
    table = prediction.predictions.astype("float64")
    _, first = np.unique(table[:, 0], return_index=True)
    _, nats, tokens = table[first].sum(axis=0)
    return {"loss": float(nats / tokens)}
