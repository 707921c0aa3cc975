"""What the tests of the store share: a database, a friend's events, and a conversation without a queue."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from talklikeme.channels.drafting import Drafter
from talklikeme.channels.graph_errors import Outcome, SendResult
from talklikeme.channels.rules import Rules
from talklikeme.channels.sending import Sender
from talklikeme.events import Event, Kind
from talklikeme.store.addresses import Address
from talklikeme.store.database import Database
from talklikeme.store.effects import House, apply, catch_up
from talklikeme.store.inbox import add_events
from talklikeme.store.tables import outbox
from tests.fake_replier import FakeReplier

PAGE, FRIEND, APP = "1122334455", "9988776655443322", "1234"
FRIEND_HERE = Address("messenger", PAGE, FRIEND)
START = 1_800_000_000.0
SILENT = Rules(pause_ms=0, disclosure="", messages_a_minute=1_000, same_exchanges=100)


@dataclass
class Channel:
    """A way out that answers as it is told, and remembers what went through."""

    answers: list[SendResult] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    found: str | None = ""
    ids: list[str] = field(default_factory=list)

    def send_text(self, account: str, friend: str, text: str, metadata: str) -> SendResult:
        self.sent.append((friend, text))
        self.ids.append(metadata)
        usual = SendResult(Outcome.SENT, message_id=f"m_out{len(self.sent)}")
        return self.answers.pop(0) if self.answers else usual

    def find_sent(self, account: str, friend: str, text: str, since_ms: int) -> str | None:
        return self.found


class Post:
    """A database, a drafter and a sender with a clock that stands still until it is moved."""

    def __init__(
        self,
        folder: Path,
        rules: Rules = SILENT,
        answer: Callable[[str], list[str]] = lambda text: [f"re: {text}"],
        **changes: Any,
    ) -> None:
        self.now = START
        self.database = Database(f"sqlite:///{folder}/state.db", clock=lambda: self.now)
        self.rules = replace(rules, **changes)
        self.channel = Channel()
        self.replier = FakeReplier(answer)
        self.dropped: list[str] = []
        self.drafter = Drafter(self.database, self.replier, self.rules, dropped=self.dropped.append)
        self.counted: list[str] = []
        self.waited = 0.0  # unlike `now`, it never goes back
        self.sender = Sender(
            self.database,
            self.channel,
            self.rules,
            self.counted.append,
            clock=lambda: self.waited,
        )
        self.known: list[Event] = []

    def hear(self, *events: Event) -> None:
        """Store events as the service does."""
        with self.database.write() as connection:
            now = self.database.now_ms
            new = add_events(connection, events, now)
            catch_up(connection, new)
            for event in new:
                apply(connection, event, House(APP, self.rules.silence_ms), now)
        self.known += events

    def work(self, patience: float = 3600.0) -> None:
        """What the queue would do: a workflow for each event, in whatever order; waiting moves the clock."""
        for event in reversed(self.known):
            turn, left = self.drafter.draft(event.id), patience
            while turn and (wait := self.sender.send_next(turn)) is not None and left > 0:
                self.now += wait
                self.waited += wait
                left -= wait

    def say(self, *texts: str, **more: Any) -> list[str]:
        """Hear texts, a second between them, answer all, and return what was said to them."""
        before = len(self.channel.sent)
        for text in texts:
            self.now += 1
            self.hear(self.text(text, **more))
        self.work()
        return [text for _, text in self.channel.sent[before:]]

    def text(self, text: str, mid: str = "", friend: str = FRIEND, **more: Any) -> Event:
        """A message of now."""
        key = mid or f"m_{len(self.known)}_{text}"
        return self.event(Kind.TEXT, key, friend, text=text, **more)

    def event(self, kind: Kind, key: str, friend: str = FRIEND, **more: Any) -> Event:
        """Anything else."""
        at = more.pop("at_ms", self.database.now_ms)
        return Event("messenger", PAGE, friend, kind, key, at, **more)

    def parts(self) -> list[tuple[str, str]]:
        """The outbox: text and state, as they were written."""
        query = sa.select(outbox.c.text, outbox.c.state).order_by(
            outbox.c.created_ms, outbox.c.part
        )
        with self.database.read() as connection:
            return [(text, state) for text, state in connection.execute(query)]
