"""Times of exports as UTC (formats.md §0.3)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_epoch_ms(milliseconds: int) -> datetime:
    """Milliseconds since 1970 → UTC; raises ValueError for zero, negative and absurd values."""
    if not 0 < milliseconds < 32_503_680_000_000:  # the year 3000
        raise ValueError(f"no time: {milliseconds}")
    seconds, rest = divmod(milliseconds, 1000)
    moment = datetime.fromtimestamp(seconds, UTC)  # faster than to add to EPOCH; exact for ints
    return moment.replace(microsecond=rest * 1000) if rest else moment


class LocalClock:
    """Turns the wall-clock times of one chat, in file order, into UTC.

    A wall clock shows the autumn hour twice. The first showing is meant unless the file's order
    goes back by about an hour there: then the second has begun. A time that the spring jump skips
    moves forward by the jump.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._last_wall: datetime | None = None
        self._fold = 0
        self._offsets: dict[date, timedelta | None] = {}

    def to_utc(self, wall: datetime) -> datetime:
        """Naive local time → aware UTC."""
        day = wall.date()
        if day not in self._offsets:
            self._offsets[day] = self._offset_all(day)
        offset = self._offsets[day]
        if offset is None:
            return self._to_utc_on_a_day_of_change(wall)
        self._last_wall = wall
        return (wall - offset).replace(tzinfo=UTC)

    def _offset_all(self, day: date) -> timedelta | None:
        """The zone's offset on a day, or None if the clocks change on it; nearly no day is one."""
        start = datetime(day.year, day.month, day.day, tzinfo=self._zone)
        try:
            offset, next_offset = start.utcoffset(), (start + timedelta(days=1)).utcoffset()
        except OverflowError:  # the last day that datetime knows
            return None
        return offset if offset == next_offset else None

    def _to_utc_on_a_day_of_change(self, wall: datetime) -> datetime:
        first = wall.replace(tzinfo=self._zone, fold=0)
        second = wall.replace(tzinfo=self._zone, fold=1)
        is_ambiguous = first.utcoffset() != second.utcoffset() and _exists(first)
        if not is_ambiguous:
            self._fold = 0
        elif self._last_wall is not None and wall < self._last_wall - timedelta(minutes=15):
            self._fold = 1
        self._last_wall = wall
        return (second if is_ambiguous and self._fold else first).astimezone(UTC)


def _exists(local: datetime) -> bool:
    return local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(
        tzinfo=None
    )
