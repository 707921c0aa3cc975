"""What readers get and yield beside messages."""

from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from talklikeme.errors import ExportError
from talklikeme.messages import Message
from talklikeme.options import ColumnMapping

DateOrder = Literal["auto", "day-first", "month-first", "year-first"]


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """What an export does not say about itself: its time zone, the order of its dates, …"""

    timezone: ZoneInfo
    date_order: DateOrder = "auto"
    columns: ColumnMapping | None = None  # of tables that no app is known for


@dataclass(frozen=True, slots=True)
class Tally:
    """How many raw records a file holds, counted apart from the messages made from them."""

    source_file: str
    format: str
    records: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """A file that no reader recognises."""

    source_file: str


Item = Message | ExportError | Tally | Unknown
