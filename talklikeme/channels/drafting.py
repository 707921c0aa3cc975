"""From messages that wait to a reply in the outbox: once, whatever breaks in between.

The messages are taken in one transaction, the reply is written down and they are done in another. Killed
before that, the same messages are answered again by nobody but the same workflow; killed after it, the reply
stands and none is made any more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from talklikeme.channels.rules import (
    GET_STARTED,
    MINUTE,
    START_ANEW,
    TALK_TO_HUMAN,
    Rules,
    is_wish_to_forget,
)
from talklikeme.channels.splitting import split_text
from talklikeme.events import Kind
from talklikeme.replies import Replier
from talklikeme.store.addresses import Address, is_with
from talklikeme.store.database import Database
from talklikeme.store.history import read_turns
from talklikeme.store.inbox import mark, take, whose
from talklikeme.store.outbox import open_reply, write_reply
from talklikeme.store.states import State
from talklikeme.store.tables import events
from talklikeme.store.threads import FOREVER, Thread, change_thread, read_thread
from talklikeme.turns import Turn

Row = sa.Row[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Draft:
    """What to say, and what it changes of the conversation."""

    bubbles: Sequence[str] = ()
    changes: dict[str, object] = field(default_factory=dict)
    reason: str = ""  # why nothing is said
    forgets: bool = False  # this answer and what was before it


@dataclass(frozen=True, slots=True)
class _Case:
    """The messages to be answered, and what is known of the conversation."""

    turn: str
    rows: Sequence[Row]
    address: Address
    thread: Thread
    turns: Sequence[Turn]
    in_a_minute: int
    same: int


class Drafter:
    """Writes replies. Safe to call from several threads for different conversations."""

    def __init__(
        self,
        database: Database,
        replier: Replier,
        rules: Rules,
        announce: Callable[[Address], None] = lambda _: None,
        hand_over: Callable[[Address], None] = lambda _: None,
        dropped: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`announce` tells a friend that an answer is being written, and does not wait for it.

        `hand_over` gives the conversation to a human; `dropped` counts by reason what gets no reply.
        """
        self._database = database
        self._replier = replier
        self._rules = rules
        self._announce = announce
        self._hand_over = hand_over
        self._dropped = dropped

    def draft(self, event: str) -> str:
        """Write the next reply in the conversation of an event; returns its turn, "" if there is none.

        Not necessarily to this event: older ones come first, and what was begun is finished before all
        else. There are as many calls as events, so all are answered. Raises what the replier raises, and
        StoreError.
        """
        while (case := self._take(event)) is not None:
            if not case.rows or self._write(case, self._decide(case)):
                return case.turn
        return ""

    def give_up(self, event: str) -> str:
        """What to do when the model has failed for good: say so, once."""
        while (case := self._take(event)) is not None:
            if not case.rows or self._write(case, Draft([self._rules.sorry])):
                return case.turn
        return ""

    def _take(self, event: str) -> _Case | None:
        """None if there is nothing to answer; no rows if the reply is written already."""
        with self._database.read() as connection:
            address = whose(connection, event)
            if address is None:  # erased
                return None
            if turn := open_reply(connection, address):
                return _Case(turn, [], address, Thread(), [], 0, 0)
        with self._database.write() as connection:  # briefly: a webhook may wait for its turn
            rows = take(connection, address, self._rules.pause_ms)
        return self._read_up(address, rows) if rows else None

    def _read_up(self, address: Address, rows: Sequence[Row]) -> _Case:
        with self._database.read() as connection:
            thread = read_thread(connection, address)
            turns = read_turns(
                connection,
                address,
                [row for row in rows if row.text],
                gap_ms=self._rules.gap_ms,
                since_ms=thread.reset_ms,
            )
            in_a_minute, same = self._count(connection, address)
        return _Case(rows[0].turn, rows, address, thread, turns, in_a_minute, same)

    def _count(self, connection: sa.Connection, address: Address) -> tuple[int, int]:
        """How many messages a friend sent in the last minute, and how often the last one in a row."""
        since = self._database.now_ms - MINUTE
        query = sa.select(sa.func.count()).where(
            is_with(events, address), events.c.kind == Kind.TEXT, events.c.received_ms >= since
        )
        lately = sa.select(events.c.text).where(
            is_with(events, address), events.c.kind == Kind.TEXT
        )
        lately = lately.order_by(events.c.received_ms.desc(), events.c.place.desc())
        texts = list(connection.execute(lately.limit(self._rules.same_exchanges)).scalars())
        same = next((n for n, text in enumerate(texts) if text != texts[0]), len(texts))
        return connection.execute(query).scalar_one(), same

    def _decide(self, case: _Case) -> Draft:
        now, rules, last = self._database.now_ms, self._rules, case.rows[-1]
        if (
            now - last.received_ms > rules.answer_within_ms
            or now - last.at_ms > 24 * rules.answer_within_ms
        ):
            return Draft(reason="too old")
        if last.kind == Kind.PRESS and last.payload == START_ANEW and not case.thread.reason:
            return Draft([rules.forgotten], {"silent_until_ms": 0}, forgets=True)
        if case.thread.silent_until_ms > now or case.thread.reason:
            return Draft(reason="somebody else talks")
        if case.same >= rules.same_exchanges:
            return Draft(changes={"silent_until_ms": now + rules.silence_ms}, reason="a loop")
        if case.in_a_minute > rules.messages_a_minute:
            return self._say_rarely(case, rules.too_fast)
        if last.kind == Kind.PRESS:
            return self._press(case, last.payload)
        if last.kind != Kind.TEXT:
            return self._say_rarely(case, rules.text_only)
        if is_wish_to_forget(last.text):
            return Draft([rules.forgotten], forgets=True)
        return self._answer(case)

    def _say_rarely(self, case: _Case, text: str) -> Draft:
        """A canned answer, unless one was just given."""
        now = self._database.now_ms
        if now - case.thread.canned_ms < MINUTE:
            return Draft(reason="said already")
        return Draft([text], {"canned_ms": now})

    def _press(self, case: _Case, payload: str) -> Draft:
        """Payloads are an allow-list; whatever else stands on a button is taken for its text."""
        rules = self._rules
        if payload == GET_STARTED:
            return self._disclose(case, [rules.greeting])
        if payload == TALK_TO_HUMAN:
            self._hand_over(case.address)
            return Draft([rules.handed_over], {"silent_until_ms": FOREVER})
        if any(row.text for row in case.rows):
            return self._answer(case)
        return Draft(reason="a button that is not known")

    def _answer(self, case: _Case) -> Draft:
        self._announce(case.address)
        return self._disclose(case, self._replier.reply(case.turns))

    def _disclose(self, case: _Case, bubbles: Sequence[str]) -> Draft:
        """At the start and after a long silence, say that it is a bot who talks."""
        now, rules = self._database.now_ms, self._rules
        changes: dict[str, object] = {"greeted_ms": now}
        if rules.disclosure and now - case.thread.greeted_ms > rules.disclose_after_ms:
            first, *rest = bubbles or [""]
            bubbles = [f"{first}\n\n{rules.disclosure}".strip(), *rest]
        return Draft(bubbles, changes)

    def _write(self, case: _Case, draft: Draft) -> bool:
        """One transaction; False, and nothing written, if a message was edited or taken back meanwhile."""
        now = self._database.now_ms
        parts = [
            part for bubble in draft.bubbles for part in split_text(bubble, case.address.channel)
        ]
        with self._database.write() as connection:
            rows = take(connection, case.address, self._rules.pause_ms)
            if [(row.id, row.text) for row in rows] != [(row.id, row.text) for row in case.rows]:
                return False
            mark(connection, [row.id for row in rows], State.DONE, State.TAKEN)
            write_reply(connection, case.turn, case.address, parts, now)
            if changes := draft.changes | ({"reset_ms": now} if draft.forgets else {}):
                change_thread(connection, case.address, **changes)
        if draft.reason:
            self._dropped(draft.reason)
        return True
