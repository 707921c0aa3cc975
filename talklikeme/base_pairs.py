"""Public dialogue → the pairs that a base model learns to chat from.

    python -m talklikeme.base_pairs configs/base.yaml --corpora ../shared/data/base

Writes out/pairs as prepare_data.py does, so train_tokenizer.py and finetune.py go on from it. Whoever
says the last turn is "me". Dialogues are cut into windows, each wholly in one split; a pair whose last
two turns came before is left out; a thread that shares a message with --leave-out is left out whole.
"""

import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from datasets import disable_progress_bars

from talklikeme import runs
from talklikeme.config import parse
from talklikeme.corpora import CorpusSpec, Dialogue, open_corpus
from talklikeme.corpora.dialogue import Bubbles, build_row, candidates, telling, turns_of
from talklikeme.dataset import fingerprint, save_parts
from talklikeme.errors import ConfigError, run_script
from talklikeme.jobs import ease_collection
from talklikeme.options import BasePairsOptions
from talklikeme.parts import PartWriter
from talklikeme.privacy import RedactionSettings, redact
from talklikeme.turns import Turn

WINDOW = 100  # messages; an evening's play of a few thousand would else be one dialogue
SHORTEST_TELLING = 8  # characters without spaces; shorter messages are everybody's
NARRATOR_CHARS = 100  # what a narrator says in so few is talk and no story
SPLITS = ("train", "validation", "test")
TEST_TO_VALIDATION = 3
KEPT_WORDS = 0.8  # of a reply whose words are shuffled
_HOLE = re.compile(r"\[(?:(?:user|your|my|their|friend)[^\]]*|[^\]]*\bname)\]", re.IGNORECASE)
THREADS = ".threads"  # in the name of what was cut out of a chat room
SUFFIXES = (f"{THREADS}.jsonl.xz", ".jsonl.xz", ".jsonl")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage; returns the exit code."""
    options = parse(BasePairsOptions, "base_pairs", __doc__ or "", argv)
    ease_collection()
    disable_progress_bars()
    runs.claim(options.pairs_folder, options, fresh=options.fresh)
    counts = write_pairs(options)
    for corpus in options.take:
        print(f"{corpus:24}" + "".join(f"{counts[corpus, s]:>10,} {s}" for s in SPLITS))  # noqa: T201
    print(f"wrote {options.pairs_folder}. Next: python train_tokenizer.py {options.config or ''}")  # noqa: T201
    return 0


def write_pairs(options: BasePairsOptions) -> Counter[tuple[str, str]]:
    """Write out/pairs; returns how many pairs each corpus gave to each split.

    Raises ConfigError for a corpus that is not there or gives nothing.
    """
    if not options.take:
        raise ConfigError("--take: names no corpus. Give the share of each, like self_dialogue=1")
    maker = PairMaker(options, read_messages(options.leave_out))
    counts: Counter[tuple[str, str]] = Counter()
    with runs.publish(options.pairs_folder) as draft, runs.workspace(draft) as scratch:
        with ExitStack() as stack:
            writers = {
                split: stack.enter_context(PartWriter(scratch / f"{split}.part"))
                for split in SPLITS
            }
            for corpus in options.take:
                for split, row in maker.make(corpus):
                    writers[split].add([row])
                    counts[corpus, split] += 1
        save_parts({split: [scratch / f"{split}.part"] for split in SPLITS}, draft)
        inputs = {"pairs": fingerprint(draft)}
        runs.write_run(draft, runs.describe_run(options, "base_pairs", **inputs))
    return counts


def read_messages(paths: Iterable[Path]) -> frozenset[str]:
    """The messages in these files, without case and spaces, that are long enough to tell."""
    texts = (
        telling(text, SHORTEST_TELLING)
        for path in paths
        for dialogue in open_corpus(CorpusSpec(str(path)))
        for _, text in dialogue.said
    )
    return frozenset(text for text in texts if text)


@dataclass(frozen=True, slots=True)
class _Window:
    """A piece of a dialogue; `key` is its name in the dataset."""

    key: str
    dialogue: Dialogue


class PairMaker:
    """Makes the rows of one corpus after the other."""

    def __init__(self, options: BasePairsOptions, forbidden: Set[str]) -> None:
        self._options = options
        self._forbidden = forbidden
        self._seen: set[bytes] = set()
        self._settings = None
        if options.redact == "on":
            self._settings = RedactionSettings(options.region, options.keep_hosts)

    def make(self, corpus: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Split and row of each pair; raises ConfigError if there is no such corpus or no pair in it."""
        path = find_corpus(self._options.corpora, corpus)
        windows = list(self._windows(corpus, path))
        if not windows:
            raise ConfigError(f"{path}: no dialogue in it that may be taken")
        splits = self._divide(corpus, windows)
        share = self._options.take[corpus]
        for window in windows:
            split = splits[window.key]
            if split == "train" and _chance(f"take {window.key}") >= share:
                continue
            times = _times(share, window.key) if split == "train" else 1
            for row in self._rows(corpus, window, split, times):
                yield split, row

    def _windows(self, corpus: str, path: Path) -> Iterator[_Window]:
        forbidden = self._forbidden if THREADS in path.name else frozenset()
        for number, dialogue in enumerate(open_corpus(CorpusSpec(str(path)))):
            if forbidden and any(
                telling(text, SHORTEST_TELLING) in forbidden for _, text in dialogue.said
            ):
                continue
            for start in range(0, len(dialogue.said), WINDOW):
                said = [(who, self._clean(t)) for who, t in dialogue.said[start : start + WINDOW]]
                yield _Window(f"{corpus}/{number}/{start // WINDOW}", Dialogue(said))

    def _clean(self, text: str) -> str:
        return text if self._settings is None else redact(text, self._settings).text

    def _divide(self, corpus: str, windows: Sequence[_Window]) -> dict[str, str]:
        """Whole windows, drawn by the seed, until enough pairs are held out."""
        names = {window.key: "train" for window in windows}
        order = random.Random(f"{corpus} {self._options.seed}").sample(windows, len(windows))
        left = {"validation": self._options.held_out}
        left["test"] = self._options.held_out * TEST_TO_VALIDATION
        for window in order[: len(order) // 5]:  # of a small corpus a fifth at most
            split = next((name for name in left if left[name] > 0), "train")
            if split == "train":
                break
            names[window.key] = split
            left[split] -= sum(1 for _ in candidates(window.dialogue))
        return names

    def _rows(
        self, corpus: str, window: _Window, split: str, times: int
    ) -> Iterator[dict[str, Any]]:
        """The window's pairs, all of them so many times; each time other turns follow others."""
        longest = 1 + (self._options.follow_turns if split == "train" else 0)
        shift = int(_chance(f"shift {window.key}") * longest)
        for turns in _between_holes(turns_of(window.dialogue)):
            replies = [place for place in range(1, len(turns)) if self._may_answer(turns, place)]
            for time in range(times):
                first = 1 + (shift + time * longest // times) % longest
                said = turns
                if split == "train" and self._is_casual(corpus, f"{window.key}/{time}"):
                    said = [(who, list(map(loosen, texts))) for who, texts in turns]
                for places in cut_stretches(replies, longest, first):
                    yield self._row(corpus, window.key, said, places, split)

    def _is_casual(self, corpus: str, key: str) -> bool:
        return _chance(f"casual {key}") < self._options.casual.get(corpus, 0.0)

    def _may_answer(self, turns: Sequence[Bubbles], place: int) -> bool:
        who, reply = turns[place]
        longest = NARRATOR_CHARS if who in self._options.narrators else None
        if sum(map(len, reply)) > (longest or self._options.max_reply_chars):
            return False
        return self._is_new(turns[place - 1][1], reply)

    def _row(
        self, corpus: str, key: str, turns: Sequence[Bubbles], places: Sequence[int], split: str
    ) -> dict[str, Any]:
        end = places[0] + 1
        context_turns = self._context_turns(f"{key}/{end}", split)
        row = build_row(turns[:end], context_turns, turns[end : places[-1] + 1])
        lot = f"shuffle {key}/{end}"
        if split == "train" and _chance(lot) < self._options.shuffled_share:
            row["prompt"] = shuffle_words(row["completion"], random.Random(lot))
        return row | {
            "platform": corpus,
            "conversation": key,
            "friend": "",
            "session": key,
            "sent_at": None,
            "reply_delay_s": None,
            "source": corpus,
        }

    def _context_turns(self, key: str, split: str) -> int:
        """How much of the context a pair keeps: in train every length comes, also none at all.

        Chats begin with nothing before them, so the model must know short contexts too; and a row of
        mean length costs 0.7 of one with all turns.
        """
        most = self._options.context_turns
        if split != "train":
            return most
        if _chance(f"open {key}") < self._options.opener_share:
            return 0
        return 1 + int(_chance(f"turns {key}") * most)

    def _is_new(self, said: Sequence[str], reply: Sequence[str]) -> bool:
        key = hashlib.blake2b("\n".join([*said, "", *reply]).encode(), digest_size=8).digest()
        if key in self._seen:
            return False
        self._seen.add(key)
        return True


def find_corpus(folder: Path, name: str) -> Path:
    """The file of a corpus; raises ConfigError with the names that are there."""
    for suffix in SUFFIXES:
        if (path := folder / f"{name}{suffix}").is_file():
            return path
    known = {p.name.removesuffix(s) for s in SUFFIXES for p in folder.glob(f"*{s}")}
    names = sorted(name.removesuffix(THREADS) for name in known)
    raise ConfigError(f"{folder}: no corpus {name}. There: {', '.join(names) or 'none'}")


def _chance(key: str) -> float:
    """A number in [0, 1) that hangs on the key alone, so that the same pairs come every time."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _times(share: float, key: str) -> int:
    """How often a window of train is taken; 1.5 is twice for every second."""
    return max(1, int(share) + (_chance(f"again {key}") < share % 1))


def _between_holes(turns: Sequence[Bubbles]) -> Iterator[list[Bubbles]]:
    """The turns parted where somebody says a form that was never filled in: [user 1's name]."""
    for is_whole, stretch in groupby(turns, key=lambda turn: not any(map(_HOLE.search, turn[1]))):
        if is_whole:
            yield list(stretch)


def loosen(text: str) -> str:
    """A text as it is typed on a phone; written talk by the rules is else all that small talk is."""
    text = text.lower()
    return text[:-1] if text.endswith(".") and not text.endswith("..") else text


def shuffle_words(turns: Iterable[Turn], lots: random.Random) -> list[Turn]:
    """Most of the words in any order, as if I had said them; no chat's context ends with me.

    To set them right again is one of the objectives that Raffel et al. 2020 compare (deshuffling). A
    decoder learns within some hundred steps to take words from the encoder, which a chat's replies, so
    rarely made of its context's words, teach far more slowly.
    """
    words = [word for turn in turns for word in turn["content"].split()]
    kept = [word for word in words if lots.random() < KEPT_WORDS] or words
    lots.shuffle(kept)
    return [{"role": "assistant", "content": " ".join(kept)}]


def cut_stretches(places: Iterable[int], longest: int, first: int) -> Iterator[list[int]]:
    """Places in a row, in pieces of at most `longest`, the very first one of at most `first`."""
    piece: list[int] = []
    for place in places:
        if piece and (place > piece[-1] + 1 or len(piece) == first):
            yield piece
            piece, first = [], longest
        piece.append(place)
    if piece:
        yield piece


if __name__ == "__main__":
    run_script(main)
