"""Messenger's service put together: what comes in is stored, what is stored is answered."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from talklikeme.channels.drafting import Drafter
from talklikeme.channels.intake import Intake
from talklikeme.channels.messenger_settings import MessengerSettings
from talklikeme.channels.meta import MetaAdapter
from talklikeme.channels.metrics import Metrics
from talklikeme.channels.rules import MINUTE
from talklikeme.channels.sending import Sender
from talklikeme.channels.watchdog import Watchdog, read_subscription
from talklikeme.channels.work import Work
from talklikeme.events import Event
from talklikeme.replies import Replier
from talklikeme.store.addresses import Address
from talklikeme.store.database import Database, StoreError
from talklikeme.store.effects import House, apply, catch_up
from talklikeme.store.erasure import Erased, find_friends, forget_friend, retain
from talklikeme.store.figures import Figures, read_figures
from talklikeme.store.inbox import add_events
from talklikeme.store.threads import change_page, read_accounts

logger = logging.getLogger(__name__)

_OVERDUE_MS: Final = 10 * MINUTE
_TYPISTS: Final = 4  # requests for typing bubbles at a time


class MessengerService:
    """Accepts events from any thread; answers on threads of its own between start() and stop()."""

    def __init__(self, replier: Replier, settings: MessengerSettings) -> None:
        rules = settings.rules
        self._retain_days = settings.retain_days
        self._house = House(settings.app_id, rules.silence_ms)
        self._database = Database(settings.store)
        self._platform = MetaAdapter(settings)
        self.metrics = Metrics()
        self._sender = Sender(
            self._database,
            self._platform,
            rules,
            counted=lambda outcome: self.metrics.sends.labels(outcome).inc(),
            replied=self.metrics.replied,
        )
        self._typing = ThreadPoolExecutor(_TYPISTS, "typing")
        self._drafter = Drafter(
            self._database,
            replier,
            rules,
            announce=self._show_typing,
            hand_over=self._hand_over,
            dropped=lambda reason: self.metrics.dropped.labels(reason).inc(),
        )
        self._intake = Intake(self.accept)
        self._watchdog = Watchdog(self.look)
        self._refused_before = 0.0
        self._work = Work(
            self._database,
            self._drafter,
            self._sender,
            pause_ms=rules.pause_ms,
            is_rush=lambda: self._intake.is_rush,
        )

    def start(self) -> None:
        """Take up what the last run left, and begin to answer."""
        self._work.start()
        self._intake.start()
        self._watchdog.start()

    def stop(self) -> None:
        """Finish what is in hand, within a grace period; all else waits on the disk."""
        self._watchdog.stop()
        self._intake.stop()
        self._work.stop()
        self._typing.shutdown(cancel_futures=True)
        self._platform.close()
        self._database.close()

    def _show_typing(self, address: Address) -> None:
        self._typing.submit(self._platform.show_typing, address.account, address.friend)

    def _hand_over(self, address: Address) -> None:
        """Best effort: a page without other apps has only its inbox, where everybody may answer anyhow."""
        self._platform.pass_thread(address.account, address.friend)

    def verify(self, body: bytes, headers: Mapping[str, str]) -> list[Event] | None:
        """The events of a webhook, or None if the platform did not sign it."""
        return self._platform.verify(body, headers)

    def submit(self, events: Sequence[Event]) -> "Future[None]":
        """Store events together with all that come at the same time; done when they are on the disk."""
        return self._intake.submit(events)

    def accept(self, events: Sequence[Event]) -> None:
        """Store what is new among them, on the disk when it returns; raises StoreError if that failed."""
        if not events:
            return
        with self._database.write(is_urgent=True) as connection:
            now = self._database.now_ms
            new = add_events(connection, events, now)
            catch_up(connection, new)
            for event in new:
                apply(connection, event, self._house, now)
            for channel, account in {(event.channel, event.account) for event in events}:
                change_page(connection, channel, account, last_event_ms=now)
        for event in new:
            self.metrics.events.labels(event.kind).inc()
        self._work.ring()

    def forget(self, friend: str) -> Erased:
        """Erase a friend in every account, so that nothing of it is left in the file; raises StoreError."""
        with self._database.write() as connection:
            found = [
                forget_friend(connection, address) for address in find_friends(connection, friend)
            ]
        self._database.overwrite_erased()
        return Erased(sum(one.events for one in found), sum(one.bubbles for one in found))

    def clean(self) -> Erased:
        """Erase what is older than the settings allow; raises StoreError."""
        with self._database.write() as connection:
            erased = retain(connection, self._database.now_ms, self._retain_days)
        self._database.overwrite_erased()
        return erased

    def look(self) -> str:
        """What an operator must know, "" if all is well; erases what is due as well."""
        self.clean()
        self._work.tell_again(_OVERDUE_MS)
        if trouble := self.find_trouble():
            return trouble
        refused = self.metrics.count_refused_signatures()
        new, self._refused_before = refused - self._refused_before, refused
        if new:
            return f"{new:.0f} posts were not signed with MESSENGER_APP_SECRET: was it changed?"
        with self._database.read() as connection:
            accounts = read_accounts(connection)
        missing = {
            name
            for account in accounts
            for name in read_subscription(self._platform, account).missing
        }
        lacks = ", ".join(sorted(missing))
        return f"the page's subscription lacks {lacks}: run setup" if missing else ""

    def find_trouble(self) -> str:
        """Why messages cannot be taken or answered, "" if they can."""
        try:
            figures = self.read_figures()
        except StoreError as error:
            return f"the database is away: {error}"
        return f"the page cannot send: {figures.closed}" if figures.closed else ""

    def show_metrics(self) -> bytes:
        """What Prometheus reads; raises StoreError."""
        return self.metrics.show(self.read_figures)

    def read_figures(self) -> Figures:
        """What waits now; raises StoreError."""
        with self._database.read() as connection:
            return read_figures(connection)
