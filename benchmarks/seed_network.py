"""The 2017 seed's own network in PyTorch, as a contestant: the same pairs, the same time, its table.

github.com/adeshpande3/Facebook-Messenger-Bot, Seq2Seq.py: TensorFlow's embedding_rnn_seq2seq
(Sutskever et al. 2014): one LSTM layer of 112 units each for reading and writing, embeddings as wide,
15 words in and out, the words read in reverse, no attention, batches of 24 with Adam. Kept from it:
words in small letters without . , ! ?, my bubbles joined to one text, the friend's last burst as the
whole context, pairs with more than 14 words left out, the likeliest word at each step when answering.

In its favour: it keeps the weights that foresaw my validation pairs best, as our own models do, where
the seed kept the last and overfitted; they are checked every 50 steps, and the time for it is part
of what it has. A word that is too rare is "unknown" and not the padding; 1e-3 as learning rate (1e-4
there, for 500,000 steps); and bits per byte are those of what it models. A reply is scored in small
letters without its . , ! ? and without where bubbles end, all of which cost nothing, but divided by
all bytes that I wrote; replies longer than 15 words are scored to their end. An unknown word costs
"unknown", then its letters and its end as uniform bytes (8.01 bits each).

    python benchmarks/seed_network.py out/pairs --seconds 120
"""

import argparse
import copy
import math
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from talklikeme.evaluation.contestants import Context, Reply
from talklikeme.evaluation.exchanges import Exchange, friends_burst, pick, read_exchanges

UNITS: Final = 112
LONGEST: Final = 15  # words, the end included
BATCH: Final = 24
VOCABULARY: Final = 8_000  # the seed took every word; the softmax over all of them took most time
LEARNING_RATE: Final = 1e-3
CHECK_STEPS: Final = 50  # between two looks at the validation pairs
CHECKED: Final = 500  # validation pairs at most, drawn by lot
PAD, END, UNKNOWN = range(3)
_SPECIAL: Final = 3
_BYTE_SYMBOLS: Final = 257  # bytes and the end of an unknown word
_AT_ONCE: Final = 128
_REMOVED: Final = re.compile(r"[.,!?]")


def words_of(bubbles: Sequence[str]) -> list[str]:
    """What the seed kept of a message."""
    return _REMOVED.sub("", " ".join(bubbles).lower()).split()


class Words:
    """The commonest words and their numbers."""

    def __init__(self, texts: Sequence[Sequence[str]], size: int = VOCABULARY) -> None:
        counts = Counter(word for text in texts for word in text)
        self.known = [word for word, _ in counts.most_common(size - _SPECIAL)]
        self._number = {word: number for number, word in enumerate(self.known, start=_SPECIAL)}

    def __len__(self) -> int:
        return len(self.known) + _SPECIAL

    def encode(self, words: Sequence[str]) -> list[int]:
        """The words' numbers, without an end."""
        return [self._number.get(word, UNKNOWN) for word in words]

    def decode(self, numbers: Sequence[int]) -> str:
        """The words before the end; unknown ones cannot be said."""
        ended = numbers[: numbers.index(END)] if END in numbers else numbers
        return " ".join(self.known[number - _SPECIAL] for number in ended if number >= _SPECIAL)

    def spelling_cost(self, words: Sequence[str]) -> float:
        """Nats for the letters of unknown words."""
        unknown = (word for word in words if word not in self._number)
        symbols = sum(len(word.encode("utf-8", "surrogatepass")) + 1 for word in unknown)
        return symbols * math.log(_BYTE_SYMBOLS)


class Network(nn.Module):
    """Reads reversed words with one LSTM and writes with another that starts in its last state."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.heard = nn.Embedding(size, UNITS)
        self.said = nn.Embedding(size, UNITS)
        self.reader = nn.LSTM(UNITS, UNITS, batch_first=True)
        self.writer = nn.LSTM(UNITS, UNITS, batch_first=True)
        self.output = nn.Linear(UNITS, size)

    def read(self, heard: Tensor) -> tuple[Tensor, Tensor]:
        """The state after batch x LONGEST reversed words, padded on their left as in the seed."""
        state: tuple[Tensor, Tensor] = self.reader(self.heard(heard))[1]
        return state

    def write(
        self, before: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Logits of the next word after each of batch x words, and the state after the last."""
        states, state = self.writer(self.said(before), state)
        return self.output(states), state


class SeedNetwork:
    """The trained network as a contestant; `kept` is the step whose weights it has, of all `steps`."""

    name = "2017 seed"

    def __init__(self, network: Network, words: Words, *, steps: int, kept: int) -> None:
        self.steps = steps
        self.kept = kept
        self._network = network.eval()
        self._words = words

    @torch.inference_mode()
    def score(self, contexts: Sequence[Context], replies: Sequence[Reply]) -> list[float]:
        """Log odds of each reply as the seed spells it, its end included."""
        return [
            score
            for chunk in _chunks(list(zip(contexts, replies, strict=True)))
            for score in self._score([context for context, _ in chunk], [r for _, r in chunk])
        ]

    def _score(self, contexts: Sequence[Context], replies: Sequence[Reply]) -> list[float]:
        spelled = [words_of(reply) for reply in replies]
        labels = _labels([self._words.encode(words) for words in spelled])
        losses = _losses(self._network, encode_heard(contexts, self._words), labels)
        sums = losses.double().sum(dim=1).tolist()
        return [
            -loss - self._words.spelling_cost(words)
            for loss, words in zip(sums, spelled, strict=True)
        ]

    @torch.inference_mode()
    def answer(self, contexts: Sequence[Context], *, seed: int) -> list[list[str]]:
        """The likeliest word at each step, as the seed answered; the same for every seed."""
        del seed
        return [reply for chunk in _chunks(list(contexts)) for reply in self._answer(chunk)]

    def _answer(self, contexts: Sequence[Context]) -> list[list[str]]:
        state = self._network.read(encode_heard(contexts, self._words))
        last = torch.full((len(contexts), 1), PAD)
        said = []
        for _ in range(LONGEST):
            logits, state = self._network.write(last, state)
            logits[..., [PAD, UNKNOWN]] = -torch.inf
            last = logits.argmax(dim=-1)
            said.append(last)
        texts = [self._words.decode(row) for row in torch.cat(said, dim=1).tolist()]
        return [[text] if text else [] for text in texts]


def train_seed_network(
    train_rows: Sequence[Mapping[str, Any]],
    validation_rows: Sequence[Mapping[str, Any]],
    seconds: float,
    seed: int,
    *,
    most_steps: int | None = None,
) -> SeedNetwork:
    """Train on rows of out/pairs for so long, or for `most_steps`; ValueError if none is short enough.

    The weights that foresaw the validation rows best are kept; without such rows the last.
    """
    exchanges = read_exchanges(train_rows)
    heard = [words_of(friends_burst(exchange.context)) for exchange in exchanges]
    said = [words_of(exchange.reply) for exchange in exchanges]
    words = Words([*heard, *said])
    short = [
        (exchange.context, words.encode(reply))
        for exchange, friend, reply in zip(exchanges, heard, said, strict=True)
        if 0 < len(reply) < LONGEST and 0 < len(friend) < LONGEST
    ]
    if not short:
        raise ValueError(f"no pair of fewer than {LONGEST} words")
    heard_ids = encode_heard([context for context, _ in short], words)
    labels = _labels([reply for _, reply in short])
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = Network(len(words))
        best = _Best(network, words, pick(read_exchanges(validation_rows), CHECKED, seed))
        steps = _train(network, heard_ids, labels, seconds, most_steps, best)
    return SeedNetwork(network, words, steps=steps, kept=best.restore(steps))


class _Best:
    """The weights that foresaw some exchanges best, and the step after which they were seen."""

    def __init__(self, network: Network, words: Words, exchanges: Sequence[Exchange]) -> None:
        self._network = network
        pairs = [(one.context, words.encode(words_of(one.reply))) for one in exchanges]
        pairs.sort(key=lambda pair: len(pair[1]))  # less padding
        self._encoded = [
            (encode_heard([context for context, _ in chunk], words), _labels([r for _, r in chunk]))
            for chunk in _chunks(pairs)
        ]
        self._loss = math.inf
        self._step = 0
        self._weights: Mapping[str, Tensor] | None = None
        self.seconds = 0.0  # that the last look took

    @torch.inference_mode()
    def look(self, step: int) -> None:
        """Keep the weights if none were better; nothing to do without exchanges."""
        if not self._encoded:
            return
        began = time.monotonic()
        loss = sum(float(_losses(self._network, *pairs).sum()) for pairs in self._encoded)
        if loss < self._loss:
            self._loss, self._step = loss, step
            self._weights = copy.deepcopy(self._network.state_dict())
        self.seconds = time.monotonic() - began

    def restore(self, last: int) -> int:
        """Put the best weights back; returns their step, `last` if none were compared."""
        if self._weights is None:
            return last
        self._network.load_state_dict(self._weights)
        return self._step


def _train(
    network: Network,
    heard: Tensor,
    labels: Tensor,
    seconds: float,
    most_steps: int | None,
    best: _Best,
) -> int:
    """Train until just enough of the time is left for a last look; returns the steps."""
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    ends = time.monotonic() + seconds
    steps = 0
    for rows in _shuffled(len(heard)):
        if steps % CHECK_STEPS == 0:
            best.look(steps)
        if time.monotonic() >= ends - best.seconds or steps == most_steps:
            break
        losses = _losses(network, heard[rows], labels[rows])
        optimizer.zero_grad()
        (losses.sum() / labels[rows].ne(PAD).sum()).backward()
        optimizer.step()
        steps += 1
    if steps % CHECK_STEPS:
        best.look(steps)
    return steps


def _shuffled(count: int) -> Iterator[Tensor]:
    while True:
        yield from torch.randperm(count).split(BATCH)


def encode_heard(contexts: Sequence[Context], words: Words) -> Tensor:
    """The friend's last burst, reversed, LONGEST numbers with padding before them."""
    rows = [words.encode(words_of(friends_burst(context)))[-LONGEST:] for context in contexts]
    return torch.tensor([[PAD] * (LONGEST - len(row)) + row[::-1] for row in rows])


def _labels(replies: Sequence[Sequence[int]]) -> Tensor:
    rows = [torch.tensor([*reply, END]) for reply in replies]
    return pad_sequence(rows, batch_first=True, padding_value=PAD)


def _losses(network: Network, heard: Tensor, labels: Tensor) -> Tensor:
    """Nats of every label, 0 where it is padding; the padding also starts a reply."""
    before = torch.cat([torch.full((len(labels), 1), PAD), labels[:, :-1]], dim=1)
    logits, _ = network.write(before, network.read(heard))
    losses = cross_entropy(
        logits.flatten(0, 1), labels.flatten(), ignore_index=PAD, reduction="none"
    )
    return losses.view(labels.shape)


def _chunks(items: list[Any]) -> Iterator[list[Any]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))


def main() -> None:
    """Train, and tell how well it foresees the held-out replies."""
    from talklikeme.dataset import load_pairs
    from talklikeme.evaluation.bits import bits_per_byte, score_exchanges

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    pairs = load_pairs(given.pairs)
    rows, validation = (pairs[split].to_list() for split in ("train", "validation"))
    network = train_seed_network(rows, validation, given.seconds, given.seed)
    held_out = read_exchanges(pairs["test"])
    found = bits_per_byte(score_exchanges(network, held_out), held_out)
    print(
        f"{network.steps:,} steps, the weights after {network.kept:,} kept: "
        f"{found.value:.3f} bits a byte on {len(held_out):,} replies"
    )
    for answer in network.answer([one.context for one in held_out[:8]], seed=0):
        print("  " + " ".join(answer))


if __name__ == "__main__":
    main()
