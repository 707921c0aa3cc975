"""Embeddings of a model made to fit a tokenizer: new rows are means of old ones, old rows stay.

A word that the base tokenizer splits begins as the mean of its pieces (Gee et al. 2022, "Fast
vocabulary transfer"); a token that stands for no text begins as the mean of all rows, which
changes the odds of no old token much (Hewitt 2021, "Initializing new word embeddings").
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from transformers import (
    EncoderDecoderModel,
    PreTrainedModel,
    T5GemmaForConditionalGeneration,
)

from talklikeme.errors import RunError

Pieces = Mapping[int, Sequence[int]]


@torch.no_grad()
def fit_embeddings(model: PreTrainedModel, size: int, known: int, pieces: Pieces) -> None:
    """Give every embedding `size` rows: the first `known` as they are, then new ones.

    `pieces` has the old ids of a new id; it wins over an old row. Padded rows that no token owned are overwritten or cut off.
    Raises RunError if a piece is no old id.
    """
    if any(not 0 <= old < known for olds in pieces.values() for old in olds):
        raise RunError(
            f"extension.json: names a piece that is none of the {known} old tokens. "
            "Run python train_tokenizer.py again"
        )
    for part in _parts(model):
        _fit(part, size, known, pieces)
    if isinstance(model, T5GemmaForConditionalGeneration):
        _tie_head(model)


def _parts(model: PreTrainedModel) -> list[PreTrainedModel]:
    """What has embeddings of its own: these refuse to be resized as a whole."""
    if isinstance(model, EncoderDecoderModel):
        return [model.encoder, model.decoder]
    if isinstance(model, T5GemmaForConditionalGeneration):
        return [model.get_encoder(), model.get_decoder()]
    return [model]


def _tie_head(model: T5GemmaForConditionalGeneration) -> None:
    """The output layer is the decoder's embeddings, in their new size."""
    head, rows = model.get_output_embeddings(), model.get_decoder().embed_tokens.weight
    head.weight, head.out_features = rows, len(rows)
    model.config.vocab_size = model.vocab_size = len(rows)


def _fit(part: PreTrainedModel, size: int, known: int, pieces: Pieces) -> None:
    read = part.get_input_embeddings()
    said = part.get_output_embeddings()
    is_tied = said is None or said.weight is read.weight
    rows = _grow(read.weight, size, known, pieces)
    own = None if is_tied else _grow(said.weight, size, known, pieces)
    bias = getattr(said, "bias", None)
    bias = None if bias is None else _grow(bias, size, known, pieces)
    logits_bias = getattr(part, "final_logits_bias", None)  # BART's and Blenderbot's
    if logits_bias is not None:
        logits_bias = _grow(logits_bias[0], size, known, pieces)

    part.resize_token_embeddings(size, mean_resizing=False)
    part.get_input_embeddings().weight.copy_(rows)
    said = part.get_output_embeddings()
    if own is not None:  # resizing has tied them, because T5's config always says that they are
        said.weight = nn.Parameter(own)
        said.out_features = size
    if bias is not None:
        said.bias.copy_(bias)
    if logits_bias is not None:
        part.final_logits_bias.copy_(logits_bias[None])


def _grow(old: Tensor, size: int, known: int, pieces: Pieces) -> Tensor:
    """`size` rows: (size, width) of a matrix, (size,) of a bias."""
    kept = old.detach()[: min(known, size)]
    rows = kept.mean(0, keepdim=True).expand(size, *kept.shape[1:]).clone()
    rows[: len(kept)] = kept
    for new, olds in pieces.items():
        if new < size and olds:  # also an old id that no text of the base's ever became
            rows[new] = kept[list(olds)].mean(0)
    return rows


@torch.no_grad()
def initialise_embeddings(model: PreTrainedModel, vectors: Tensor) -> None:
    """Put word vectors, (tokens, width), in place of the random rows, scaled to the same spread.

    Rows of zeros (a token that has no vector) and rows behind the last vector stay random.
    """
    known = vectors.ne(0).any(1).nonzero().flatten()
    for part in _parts(model):
        weight = part.get_input_embeddings().weight
        if weight.shape[1] != vectors.shape[1]:
            raise RunError(
                f"word vectors of width {vectors.shape[1]} do not fit a model of width "
                f"{weight.shape[1]}. Run python train_tokenizer.py with that width again"
            )
        scale = weight.std() / vectors[known].std()
        weight[known] = (vectors[known] * scale).to(weight)
