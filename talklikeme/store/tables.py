"""The tables. Times are milliseconds since 1970, UTC; ids of events are hashes of their identity."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata: Final = MetaData()

events: Final = Table(
    "events",
    metadata,
    Column("id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("friend", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column(
        "at_ms", BigInteger, nullable=False
    ),  # as the platform tells; received_ms where it does not
    Column("received_ms", BigInteger, nullable=False),
    Column("place", Integer, nullable=False),  # among those received together
    Column("text", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("target", Text, nullable=False),  # the platform's id of the message that it speaks of
    Column("details", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("turn", Text, nullable=False),  # the id of the first event that is answered with it
    Index("events_by_friend", "channel", "account", "friend", "state"),
    Index("events_by_state", "state", "received_ms"),
    Index("events_by_target", "target"),
)

# A reply of mine, bubble by bubble.
outbox: Final = Table(
    "outbox",
    metadata,
    Column("id", Text, primary_key=True),  # travels as `metadata`, and comes back in the echo
    Column("turn", Text, nullable=False),
    Column("part", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("friend", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("message_id", Text, nullable=False),  # the platform's, once it took it
    Column("reason", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    UniqueConstraint("turn", "part"),
    Index("outbox_by_friend", "channel", "account", "friend"),
    Index("outbox_by_message", "message_id"),
)

# What is known of a conversation beside its messages.
threads: Final = Table(
    "threads",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("friend", Text, primary_key=True),
    Column("silent_until_ms", BigInteger, nullable=False),  # somebody else talks
    Column("reset_ms", BigInteger, nullable=False),  # nothing before it is remembered
    Column("greeted_ms", BigInteger, nullable=False),  # when it was last said that I am a bot
    Column("canned_ms", BigInteger, nullable=False),  # when a canned answer was last given
    Column("reason", Text, nullable=False),  # why nothing can be sent any more
)

pages: Final = Table(
    "pages",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column(
        "quiet_until_ms", BigInteger, nullable=False
    ),  # throttled, or closed and tried again then
    Column("reason", Text, nullable=False),  # why it is closed; empty while it is open
    Column("last_event_ms", BigInteger, nullable=False),
)

# What people think of a reply: reactions and thumbs.
labels: Final = Table(
    "labels",
    metadata,
    Column("id", Text, primary_key=True),
    Column("outbox_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index("labels_by_reply", "outbox_id"),
)
