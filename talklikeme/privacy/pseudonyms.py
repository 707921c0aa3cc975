"""Friends' names replaced by invented ones, the same wherever they stand.

Pseudonyms(["Zoë Miller"], "seed").apply("ask ZOË, or @zoe_miller") == "ask MARIT, or @marit"

A friend's full name, and each part of it, becomes one invented given name. A part that several
friends share gets a name of its own. A part that is also a common word ("Will", "Rose") counts
only with a capital inside a sentence, or after an @. Nicknames ("Bob" for Robert) are not known.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from talklikeme.messages import clean_name
from talklikeme.privacy.invented_names import INVENTED_NAMES

_Words = tuple[str, ...]  # a name, or a part of one, folded

_WORD = re.compile(r"[^\W\d_]+(?:\u0308|\u0301|\u0300|\u0327|\u0303)*")
_BETWEEN = re.compile(r"[ .\-_\u00a0'’]{1,3}")
# Scripts that write no spaces, or hang endings on names.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_POSSESSIVE = 5  # from this length on, "Annas" is Anna's: German, Dutch and Nordic write no sign
_SENTENCE_START = re.compile(r"(?:^|[.!?…:\n]\s*|[\"“«(]\s*)$")

_PARTICLES_LIST = """
van von der den de di da do dos das del della la le el al bin ibn bint ter ten zu zur und y e
af av mc mac o st saint san dr mr mrs ms prof jr sr ii iii
"""
_PARTICLES = frozenset(_PARTICLES_LIST.split())
_COMMON_LIST = """
mum mom mama dad papa dada oma opa mutti vati home work boss chef group family babe baby love
will mark rose grace hope may april june august summer autumn winter joy art bill max pat rob
sue guy christian dawn eve faith frank gene grant iris ivy jasmine lane long king young white
black brown green gray grey day night sky star sunny sun rain snow forest wood woods stone
rock hill field lake river brook bush cook baker smith miller mason carter fisher hunter
taylor turner walker page price bell ball bond wolf fox bird fish lamb swan chip chase chance
miles mile angel crystal ruby pearl amber ginger olive lily violet daisy poppy destiny charity
constance patience prudence victor norm earl duke baron bishop pope major job jo al bo li an
in so no ja can song man son you yes he she jan stein berg klein gross groß lang kurz koch
bauer richter kaiser könig vogel sommer sonntag freitag morgen abend stern engel blume heide
linde lieb sonne mond sol mar paz cruz france roman urban herb rich sandy penny robin kit tip
top hero ace buddy bro friend school office doctor landlord taxi pizza neighbour neighbor
uncle aunt auntie sis sister brother
"""
_COMMON = frozenset(_COMMON_LIST.split())


@dataclass(slots=True)
class _Entry:
    """What a name becomes, and whether it must look like a name to count."""

    invented: str
    is_word: bool


class Pseudonyms:
    """The invented names of all friends; the same names and seed give the same result."""

    def __init__(self, names: Iterable[str], seed: int | str) -> None:
        self._seed = hashlib.blake2b(str(seed).encode(), digest_size=32).digest()
        self._chosen: dict[str, str] = {}
        self._by_words: dict[_Words, _Entry] = {}
        self._longest: dict[str, int] = {}
        self._unspaced: dict[str, str] = {}
        self._unspaced_pattern: re.Pattern[str] | None = None
        full_names = sorted({name for raw in names if (name := clean_name(raw))})
        owners: dict[_Words, set[_Words]] = {}
        for name in full_names:
            words = _words(name)
            for part in {words, *_parts(name)} - {()}:
                owners.setdefault(part, set()).add(words)
        self._choose(full_names, owners)
        self._index(full_names, owners)

    def name_for(self, name: str) -> str:
        """The invented name of a friend; the name itself when it is nobody's."""
        return self._chosen.get(" ".join(_words(clean_name(name))), name)

    def apply(self, text: str) -> str:
        """Replace all friends' names in a text."""
        if self._unspaced_pattern:
            text = self._unspaced_pattern.sub(lambda match: self._unspaced[match[0]], text)
        pieces, done = [], 0
        for start, end, invented in self._find(text):
            pieces += [text[done:start], _with_case_of(invented, text[start:end])]
            done = end
        return "".join([*pieces, text[done:]])

    def _choose(self, names: list[str], owners: dict[_Words, set[_Words]]) -> None:
        """Give every full name, and every part that several share, a name that no one else has."""
        real = {word for part in owners for word in part}
        free = [name for name in INVENTED_NAMES if _fold(name) not in real]
        shared = {part for part, whose in owners.items() if len(whose) > 1}
        keys = {" ".join(words) for name in names if (words := _words(name))}
        keys |= {" ".join(part) for part in shared}
        taken: set[str] = set()
        for key in sorted(keys, key=self._hash):
            invented = next(name for name in self._candidates(key, free) if name not in taken)
            taken.add(invented)
            self._chosen[key] = invented

    def _candidates(self, key: str, free: list[str]) -> Iterator[str]:
        """Names in an order of the key's own; double names when the list is used up."""
        start = self._hash(key)
        for step in range(len(free)):
            yield free[(start + step) % len(free)]
        for step in range(len(free) ** 2):
            first, second = divmod((start + step) % len(free) ** 2, len(free))
            yield f"{free[first]}-{free[second]}"

    def _hash(self, key: str) -> int:
        digest = hashlib.blake2b(key.encode(), digest_size=8, key=self._seed).digest()
        return int.from_bytes(digest, "big")

    def _index(self, names: list[str], owners: dict[_Words, set[_Words]]) -> None:
        for part, whose in sorted(owners.items()):
            key = " ".join(part if len(whose) > 1 else next(iter(whose)))
            if key not in self._chosen:
                continue
            is_word = len(part) == 1 and (part[0] in _COMMON or len(part[0]) < 3)
            self._by_words[part] = _Entry(self._chosen[key], is_word)
            if len(part) > 1:  # handles: "zoemiller"
                self._by_words.setdefault(("".join(part),), _Entry(self._chosen[key], False))
        for words in self._by_words:
            self._longest[words[0]] = max(len(words), self._longest.get(words[0], 0))
        for name in names:
            compact = re.sub(r"\s", "", name)
            if len(compact) > 1 and _UNSPACED.match(compact):
                self._unspaced[compact] = self._unspaced[name] = self.name_for(name)
        if self._unspaced:
            longest_first = sorted(self._unspaced, key=len, reverse=True)
            self._unspaced_pattern = re.compile("|".join(map(re.escape, longest_first)))

    def _find(self, text: str) -> Iterator[tuple[int, int, str]]:
        words = list(_WORD.finditer(text))
        at = 0
        while at < len(words):
            count, ending, invented = self._match(text, words, at)
            if count:
                yield words[at].start(), words[at + count - 1].end() - ending, invented
            at += count or 1

    def _match(self, text: str, words: list[re.Match[str]], at: int) -> tuple[int, int, str]:
        """The longest name that begins with a word: its words, the letters of its ending, …"""
        first = _fold(words[at][0])
        most = max(self._longest.get(first, 0), 1)  # "Annas" is looked up without its s
        for count in range(_neighbours(text, words, at, most), 0, -1):
            key = (first, *(_fold(word[0]) for word in words[at + 1 : at + count]))
            bare = _without_s(key, words[at + count - 1][0])
            for ending, spelled in enumerate((key, bare)):
                entry = self._by_words.get(spelled)
                if entry and (not entry.is_word or _looks_like_name(text, words[at])):
                    return count, ending, entry.invented
        return 0, 0, ""


def _without_s(key: _Words, written: str) -> _Words:
    last = key[-1]
    if len(last) < _POSSESSIVE or last[-1] != "s" or not written[0].isupper():
        return ()
    return (*key[:-1], last[:-1])


def _neighbours(text: str, words: list[re.Match[str]], at: int, most: int) -> int:
    """How many words from here on stand close enough together to be one name."""
    count = 1
    while count < most and at + count < len(words):
        gap = text[words[at + count - 1].end() : words[at + count].start()]
        if not _BETWEEN.fullmatch(gap):
            break
        count += 1
    return count


def _looks_like_name(text: str, word: re.Match[str]) -> bool:
    before = text[max(0, word.start() - 8) : word.start()]
    if before.endswith("@"):
        return True
    return word[0][0].isupper() and not _SENTENCE_START.search(before)


def _words(name: str) -> _Words:
    return tuple(_fold(word) for word in _WORD.findall(name))


def _parts(name: str) -> set[_Words]:
    """The parts by which a friend may be called: "Jean-Luc Picard" is Jean-Luc, or Picard."""
    chunks = [_words(chunk) for chunk in name.split()]
    parts = {chunk for chunk in chunks if chunk and not set(chunk) <= _PARTICLES}
    parts |= {(word,) for chunk in parts for word in chunk if word not in _PARTICLES}
    return {part for part in parts if len("".join(part)) > 1}


def _fold(word: str) -> str:
    """Case and accents removed: friends write "zoe" for "Zoë"."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _with_case_of(invented: str, written: str) -> str:
    letters = [letter for letter in written if letter.isalpha()]
    if len(letters) > 1 and all(letter.isupper() for letter in letters):
        return invented.upper()
    return invented.lower() if letters and letters[0].islower() else invented
