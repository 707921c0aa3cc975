"""What an event changes besides being stored, in the same transaction; those that are answered change little.

Kind            what it does
EDIT            the text of a message that is not being answered yet
UNSENT          the text is wiped; a message that is not answered yet will not be
ECHO            of a bubble of mine: it was sent. From another app: somebody else talks, so I am silent
HANDOVER        silent while another app owns the conversation
REACTION, FEEDBACK  a label of the reply
POLICY          a block closes the page
DELIVERED, READ, STANDBY, OTHER  nothing
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from talklikeme.events import Event, Kind, event_id
from talklikeme.store.addresses import Address
from talklikeme.store.states import OPEN, Part, State
from talklikeme.store.tables import events, labels, outbox
from talklikeme.store.threads import FOREVER, change_page, change_thread

_UNANSWERED: Final = (State.NEW, State.QUEUED, State.TAKEN)


@dataclass(frozen=True, slots=True)
class House:
    """Who I am among the apps of a page."""

    app_id: str = ""  # "": not known; then only echoes of what is in the outbox are mine
    silence_ms: int = 60 * 60 * 1000  # after a human answered


def apply(connection: sa.Connection, event: Event, house: House, now_ms: int) -> None:
    """Change what the event asks for."""
    if effect := _EFFECTS.get(event.kind):
        effect(connection, event, house, now_ms)


def _edit(connection: sa.Connection, event: Event, _: House, __: int) -> None:
    connection.execute(
        sa.update(events)
        .where(events.c.id == _target(event), events.c.state.in_(_UNANSWERED))
        .values(text=event.text)
    )


def _unsend(connection: sa.Connection, event: Event, _: House, __: int) -> None:
    is_it = events.c.id == _target(event)
    change = sa.update(events).where(is_it, events.c.state.in_(_UNANSWERED))
    connection.execute(change.values(state=State.UNSENT.value))
    connection.execute(sa.update(events).where(is_it).values(text="", payload="", details={}))


def catch_up(connection: sa.Connection, new: Sequence[Event]) -> None:
    """Apply edits and take-backs that came before their messages: webhooks may change places."""
    texts = {event.key: event for event in new if event.kind is Kind.TEXT}
    query = sa.select(events).where(
        events.c.target.in_(texts), events.c.kind.in_((Kind.EDIT, Kind.UNSENT))
    )
    for row in connection.execute(query.order_by(events.c.at_ms)) if texts else ():
        event = texts[row.target]
        if (row.channel, row.account) != (event.channel, event.account):
            continue
        is_edit = row.kind == Kind.EDIT
        values = {"text": row.text} if is_edit else {"text": "", "state": State.UNSENT.value}
        connection.execute(sa.update(events).where(events.c.id == event.id).values(**values))


def _echo(connection: sa.Connection, event: Event, house: House, now_ms: int) -> None:
    """The echo has the id of the message; ours bears the outbox's id as well."""
    address = Address(event.channel, event.account, event.friend)
    mine = sa.update(outbox).where(
        outbox.c.id == event.details.get("metadata", ""), outbox.c.friend == event.friend
    )
    sent = mine.where(outbox.c.state.in_((*OPEN, Part.DEAD))).values(
        state=Part.SENT.value, message_id=event.key, changed_ms=now_ms
    )
    is_mine = (
        connection.execute(sent).rowcount
        or connection.execute(
            sa.select(outbox.c.id).where(outbox.c.message_id == event.key)
        ).first()
    )
    app = event.details.get("app_id", "")
    if not is_mine and app and app != house.app_id and not event.details.get("metadata"):
        change_thread(connection, address, silent_until_ms=now_ms + house.silence_ms)


def _hand_over(connection: sa.Connection, event: Event, house: House, _: int) -> None:
    owner = event.details.get("new_owner_app_id", "")
    if not (owner and event.friend):
        return
    address = Address(event.channel, event.account, event.friend)
    until = 0 if owner == house.app_id else FOREVER
    change_thread(connection, address, silent_until_ms=until)


def _label(connection: sa.Connection, event: Event, _: House, now_ms: int) -> None:
    row = connection.execute(
        sa.select(outbox.c.id).where(
            outbox.c.message_id == event.target, outbox.c.friend == event.friend
        )
    ).first()
    if row is None or not event.target:
        return
    details: Mapping[str, str] = event.details
    value = details.get("feedback") or details.get("reaction") or details.get("emoji") or ""
    if details.get("action") == "unreact":
        connection.execute(
            sa.delete(labels).where(labels.c.outbox_id == row.id, labels.c.kind == event.kind.value)
        )
        return
    connection.execute(
        sa.insert(labels).values(
            id=event.id,
            outbox_id=row.id,
            kind=event.kind.value,
            value=value,
            at_ms=event.at_ms or now_ms,
        )
    )


def _police(connection: sa.Connection, event: Event, _: House, now_ms: int) -> None:
    action = event.details.get("action", "")
    if action == "block":
        change_page(
            connection, event.channel, event.account, quiet_until_ms=FOREVER, reason="policy block"
        )
    elif action == "unblock":
        change_page(connection, event.channel, event.account, quiet_until_ms=now_ms, reason="")


def _target(event: Event) -> str:
    return event_id(event.channel, event.account, event.target)


_EFFECTS: Final[Mapping[Kind, Callable[[sa.Connection, Event, House, int], None]]] = {
    Kind.EDIT: _edit,
    Kind.UNSENT: _unsend,
    Kind.ECHO: _echo,
    Kind.HANDOVER: _hand_over,
    Kind.REACTION: _label,
    Kind.FEEDBACK: _label,
    Kind.POLICY: _police,
}
