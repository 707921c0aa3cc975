"""Bubble after bubble out of the outbox, each at most once, and in order.

What to do with each answer of the API is the table in docs/messenger.md. A bubble whose answer was lost is
never simply sent again: its echo, or the Conversations API, tells whether it arrived; if neither does in
time, `on_unknown` decides.
"""

import logging
import random
import time
from collections.abc import Callable
from typing import Final, Protocol

import sqlalchemy as sa

from talklikeme.channels.budget import Budget
from talklikeme.channels.graph_errors import Outcome, SendResult
from talklikeme.channels.rules import HOUR, MINUTE, Rules
from talklikeme.store.addresses import Address, address_of
from talklikeme.store.database import Database
from talklikeme.store.inbox import received_ms
from talklikeme.store.outbox import change_part, drop_rest, next_part
from talklikeme.store.states import Part
from talklikeme.store.threads import (
    FOREVER,
    LONGEST_PAUSE_MS,
    change_page,
    change_thread,
    read_page,
    read_thread,
)

logger = logging.getLogger(__name__)

Row = sa.Row[tuple[object, ...]]
_ASK_AGAIN: Final = 2.0  # seconds between two looks for a bubble whose answer was lost
_LONGEST: Final = 300.0  # seconds


class Sends(Protocol):
    """The half of an adapter (adapter.py) that sending needs."""

    def send_text(self, account: str, friend: str, text: str, metadata: str) -> SendResult:
        """Send one bubble."""

    def find_sent(self, account: str, friend: str, text: str, since_ms: int) -> str | None:
        """The id of a bubble that arrived, "" if it did not, None if nobody can tell."""


class Sender:
    """Sends the bubbles of one reply; `counted` hears of each send's outcome, `replied` how late a reply began."""

    def __init__(
        self,
        database: Database,
        channel: Sends,
        rules: Rules,
        counted: Callable[[str], None] = lambda _: None,
        replied: Callable[[float], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._channel = channel
        self._rules = rules
        self._counted = counted
        self._replied = replied
        self._sends = Budget(rules.sends_a_second, clock)
        self._looks = Budget(rules.looks_a_second, clock)

    def send_next(self, turn: str) -> float | None:
        """Do the next thing for a reply; seconds to wait before the one after it, None if all is settled."""
        with self._database.read() as connection:
            part = next_part(connection, turn)
            if part is None:
                return None
            page = read_page(connection, part.channel, part.account)
            thread = read_thread(connection, address_of(part))
        now = self._database.now_ms
        if part.state != Part.READY:
            return self._find_out(part)
        if now - part.created_ms > self._rules.answer_within_ms:
            return self._drop(part, "too old")
        if thread.reason or (thread.silent_until_ms > now and thread.silent_until_ms != FOREVER):
            return self._drop(part, thread.reason or "somebody else talks")
        if wait := page.wait(now):
            return min(wait, self._rules.probe_ms) / 1000
        return self._sends.take(_page(part)) or self._send(part)

    def _send(self, part: Row) -> float:
        with self._database.write() as connection:
            is_open = change_part(
                connection, part.id, Part.SENDING, self._database.now_ms, attempts=part.attempts + 1
            )
        if not is_open:
            return 0.0
        result = self._channel.send_text(part.account, part.friend, part.text, part.id)
        self._counted(result.outcome)
        if result.outcome is not Outcome.SENT:
            logger.warning("a bubble was not sent: %s (%s)", result.outcome, result.reason)
        return _ACTIONS[result.outcome](self, part, result)

    def _sent(self, part: Row, result: SendResult) -> float:
        now = self._database.now_ms
        with self._database.write() as connection:
            change_part(connection, part.id, Part.SENT, now, message_id=result.message_id)
            if not part.part and (came := received_ms(connection, part.turn)):
                self._replied((now - came) / 1000)
            if read_page(connection, part.channel, part.account).reason:
                change_page(connection, part.channel, part.account, reason="", quiet_until_ms=0)
        return 0.0

    def _retry(self, part: Row, result: SendResult) -> float:
        if part.attempts + 1 >= self._rules.most_attempts:
            return self._drop(part, result.reason)
        self._change(part, Part.READY, reason=result.reason)
        return back_off(part.attempts)

    def _unknown(self, part: Row, result: SendResult) -> float:
        self._change(part, Part.UNKNOWN, reason=result.reason)
        return _ASK_AGAIN

    def _throttled(self, part: Row, result: SendResult) -> float:
        pause = min(result.pause or back_off(part.attempts), LONGEST_PAUSE_MS / 1000)
        self._quieten(part, pause, "")
        return self._retry(part, result) and pause

    def _page_closed(self, part: Row, result: SendResult) -> float:
        """The page's trouble is not the message's: it waits as long as it is worth saying."""
        logger.error("the page cannot send: %s. Mend it; what waits goes out then", result.reason)
        pause = self._rules.probe_ms / 1000
        self._quieten(part, pause, result.reason)
        self._change(part, Part.READY, reason=result.reason, attempts=part.attempts)
        return pause

    def _dead(self, part: Row, result: SendResult) -> float:
        return self._drop(part, result.reason)

    def _user_gone(self, part: Row, result: SendResult) -> float:
        self._change_thread(part, reason=result.reason)
        return self._drop(part, result.reason)

    def _thread_taken(self, part: Row, result: SendResult) -> float:
        self._change_thread(part, silent_until_ms=self._database.now_ms + self._rules.silence_ms)
        return self._drop(part, result.reason)

    def _abuse(self, part: Row, result: SendResult) -> float:
        logger.error("too many messages to one friend: silent there for a day")
        self._change_thread(part, silent_until_ms=self._database.now_ms + 24 * HOUR)
        return self._drop(part, result.reason)

    def _find_out(self, part: Row) -> float:
        """What became of a bubble whose answer was lost; an echo may have told meanwhile."""
        if part.state == Part.SENDING:
            self._change(part, Part.UNKNOWN, reason="cut off")
            return 0.0
        if wait := self._looks.take(_page(part)):
            return wait  # before the patience is looked at: nothing is given up unlooked for
        began = part.changed_ms - MINUTE  # clocks differ, and the request was under way before
        found = self._channel.find_sent(part.account, part.friend, part.text, began)
        if found:
            self._change(part, Part.SENT, message_id=found)
            return 0.0
        if 0 <= self._database.now_ms - part.changed_ms < self._rules.grace_ms:
            return _ASK_AGAIN
        self._counted("given up")
        if self._rules.on_unknown == "resend_once" and part.attempts < 2:
            self._change(part, Part.READY, reason=part.reason)
            return 0.0
        logger.warning("a bubble may not have arrived, and is not sent again (%s)", part.reason)
        self._change(part, Part.DEAD, reason=f"unknown: {part.reason}")
        return 0.0

    def _drop(self, part: Row, reason: str) -> float:
        """A reply that lost a bubble is not worth its rest."""
        with self._database.write() as connection:
            drop_rest(connection, part.turn, reason, self._database.now_ms)
        return 0.0

    def _change(self, part: Row, state: Part, **values: object) -> None:
        with self._database.write() as connection:
            change_part(connection, part.id, state, self._database.now_ms, **values)

    def _change_thread(self, part: Row, **values: object) -> None:
        address: Address = address_of(part)
        with self._database.write() as connection:
            change_thread(connection, address, **values)

    def _quieten(self, part: Row, seconds: float, reason: str) -> None:
        until = self._database.now_ms + round(1000 * seconds)
        with self._database.write() as connection:
            change_page(connection, part.channel, part.account, quiet_until_ms=until, reason=reason)


def _page(part: Row) -> str:
    return f"{part.channel}:{part.account}"


def back_off(attempts: int) -> float:
    """Seconds before the next try: exponential with full jitter (Brooker 2015, AWS Architecture Blog)."""
    return random.uniform(0.1, min(_LONGEST, 2.0**attempts))


_ACTIONS: Final[dict[Outcome, Callable[[Sender, Row, SendResult], float]]] = {
    Outcome.SENT: Sender._sent,
    Outcome.RETRY: Sender._retry,
    Outcome.UNKNOWN: Sender._unknown,
    Outcome.THROTTLED: Sender._throttled,
    Outcome.DEAD: Sender._dead,
    Outcome.USER_GONE: Sender._user_gone,
    Outcome.THREAD_TAKEN: Sender._thread_taken,
    Outcome.ABUSE: Sender._abuse,
    Outcome.PAGE_CLOSED: Sender._page_closed,
}
