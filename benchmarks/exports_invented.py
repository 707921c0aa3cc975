"""Invented conversations for benchmarks: people, times and words with the shape of real chats.

All of it follows from a seed. Words are drawn as in any language, few of them most of the time;
most messages are short, some run over several lines, some are an emoji or a picture.
"""

import functools
import random
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

OWNER = "Kim Berg"
FIRST_SECOND = 1_293_840_000  # 2011
GROUP_EVERY = 8


def _list(table: str) -> list[str]:
    return table.split()


_FIRST_NAMES = _list(
    "Zoë Ali Mara Jonas Ines Tom Noor Lea Piotr Emma Luís Anna Kofi Sanne Mehmet Chloé Ivo Greta "
    "Hamid Nina Oskar Yuki Pablo Freya Dev Marta Søren Aisha Felix Olga"
)
_LAST_NAMES = _list(
    "Ruiz Novak Jansen Okafor Müller Rossi Lind Silva Kowalski Haddad Dubois Tanaka Moreno Virtanen "
    "Keller Costa Nguyen Petrov Larsen Yılmaz Fischer Adeyemi Bianchi Popescu Varga Olsen"
)
_COMMON = _list(
    "i you the to and a it in is that so for me of my have was on do we but not be are this with no "
    "what just like yeah at can ok if get know go its up all lol im dont when will out good now how "
    "there one time haha he she they at about from think really see want home work then today going "
    "had here come tomorrow love back some day got need well right night still did more thanks him "
    "why her been oh maybe later where too much sure would could make people tell let say nice great "
    "sorry hope always never something yes please week bit guess house car food coffee dinner call "
    "money doctor school movie game weekend train mum dad brother sister birthday party weather "
    "can't i'm it's don't that's haven't we'll café naïve déjà über señor tschüss żółty привет"
)
_EMOJI = _list("😂 ❤️ 😍 👍 😭 🙏 😘 🥰 😅 🎉 🔥 😊 🤔 🙈 👌 💪 🤷‍♀️ 👨‍👩‍👧 🇧🇷 ✨")
_ONSETS = _list("b br c ch d f fl g gr h j k l m n p pl qu r s sh st t th tr v w z")
_VOWELS = _list("a e i o u a e i o u a e i o u ai ea ee ie oo ou a e o é ü")
_CODAS = ["", *_list("n r s t l m ck nd st ng p")]

Kind = Literal["text", "link", "photo", "deleted"]


class Said(NamedTuple):
    """One message; sender 0 is the owner."""

    ts: int
    sender: int
    kind: Kind
    text: str


class Chat(NamedTuple):
    """One conversation; `people` begins with the owner, `said` never ends and is oldest first."""

    number: int
    title: str
    people: tuple[str, ...]
    said: Iterator[Said]

    @property
    def is_group(self) -> bool:
        """Whether more than two talk."""
        return len(self.people) > 2


def invent_chats(seed: str) -> Iterator[Chat]:
    """Endless chats, each with people of its own; every eighth is a group."""
    number = 0
    while True:
        rng = random.Random(f"{seed}/{number}")
        friends = 3 + number % 5 if number % GROUP_EVERY == GROUP_EVERY - 1 else 1
        people = (OWNER, *(_name(number * 8 + place) for place in range(friends)))
        title = people[1] if friends == 1 else f"{_words()[number]} & friends {number}"
        yield Chat(number, title, people, _talk(rng, len(people)))
        number += 1


def _name(number: int) -> str:
    middle, rest = divmod(number, len(_FIRST_NAMES) * len(_LAST_NAMES))
    last, first = divmod(rest, len(_FIRST_NAMES))
    return f"{_FIRST_NAMES[first]} {'ABCDEFGH'[middle % 8] + '. ' if middle else ''}{_LAST_NAMES[last]}"


def _talk(rng: random.Random, people: int) -> Iterator[Said]:
    """Bursts of messages with minutes between them, sessions with hours between them."""
    ts = FIRST_SECOND + int(rng.random() * 86_400 * 365)
    sender = 1
    while True:
        ts += 1 + int(
            rng.expovariate(1 / 10_800) if rng.random() < 0.04 else rng.expovariate(1 / 40)
        )
        if rng.random() < 0.45:
            sender = (sender + 1 + int(rng.random() * (people - 1))) % people
        yield Said(ts, sender, *_say(rng))


def _say(rng: random.Random) -> tuple[Kind, str]:
    chance = rng.random()
    if chance < 0.05:
        return ("photo", "") if chance > 0.004 else ("deleted", "")
    if chance < 0.07:
        return "text", _emoji(rng)
    words = _phrase(rng)
    if chance < 0.08:
        return "link", f"https://example.org/{_words()[int(rng.random() * 20_000)]}"
    if chance < 0.12:
        return "text", "\n".join([words, _phrase(rng), _phrase(rng)])
    return "text", f"{words} {_emoji(rng)}" if chance < 0.22 else words


def _phrase(rng: random.Random) -> str:
    words, lengths = _words(), _lengths()
    start = int(rng.random() * (len(words) - 200))
    return " ".join(words[start : start + lengths[int(rng.random() * len(lengths))]])


def _emoji(rng: random.Random) -> str:
    return _EMOJI[int(rng.random() ** 2 * len(_EMOJI))] * (1 + int(rng.random() ** 3 * 3))


@functools.cache
def _lengths() -> Sequence[int]:
    """Words a message: half have up to five, a few a hundred."""
    rng = random.Random("lengths")
    return [min(1 + int(rng.lognormvariate(1.5, 0.85)), 150) for _ in range(8192)]


@functools.cache
def _words() -> Sequence[str]:
    """A long run of words, of which messages are slices; by Zipf's law few make most of it."""
    rng = random.Random("words")
    syllables = [on + vowel + coda for on in _ONSETS for vowel in _VOWELS for coda in _CODAS]
    rare = ["".join(rng.choices(syllables, k=rng.choice((1, 1, 2, 2)))) for _ in range(20_000)]
    vocabulary = _COMMON + rare
    weights = [1 / (rank + 3) for rank in range(len(vocabulary))]
    return rng.choices(vocabulary, weights, k=200_000)
