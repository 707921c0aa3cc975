"""How the bot behaves towards friends, apart from what it says: words it always says, and patience in ms."""

from dataclasses import dataclass
from typing import Final

from talklikeme.options import OnUnknown

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE

GET_STARTED: Final = "GET_STARTED"
TALK_TO_HUMAN: Final = "TALK_TO_HUMAN"
START_ANEW: Final = "START_ANEW"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Texts that are empty are not said."""

    disclosure: str = "(You are talking to a bot that learned to write like me.)"
    greeting: str = "hey! what's up?"
    text_only: str = "I can only read text, sorry."
    too_fast: str = "wait, not so fast. I'll read on in a minute."
    sorry: str = "sorry, I can't think right now. Ask me again later?"
    handed_over: str = "I've told a human. They'll answer here."
    forgotten: str = "Forgotten. We start anew."
    pause_ms: int = 1_500  # messages closer than this are answered together
    gap_ms: int = HOUR  # a silence that starts a new conversation
    answer_within_ms: int = HOUR  # an older message is stored and not answered
    disclose_after_ms: int = 24 * HOUR  # of silence; at the start always
    silence_ms: int = HOUR  # after a human answered
    messages_a_minute: int = 10  # of a friend; more are stored and not answered
    same_exchanges: int = 6  # so often the same text: two bots are talking
    grace_ms: int = 30_000  # for the echo of a bubble whose answer was lost
    probe_ms: int = MINUTE  # between two tries of a page that cannot send
    on_unknown: OnUnknown = "give_up"
    most_attempts: int = 12
    sends_a_second: int = 100  # of a page and this process; the platform takes 300
    looks_a_second: int = 2  # for bubbles whose answer was lost; more is refused


def is_wish_to_forget(text: str) -> bool:
    """Whether a friend wants what was said to be forgotten."""
    return " ".join(text.casefold().strip(" .!").split()) in _WISHES


_WISHES: Final = {"/reset", "forget me", "forget me please", "please forget me"}
