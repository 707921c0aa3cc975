"""The UTC times of one WhatsApp chat's stamps (formats.md §16.4)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from talklikeme.exports.times import LocalClock
from talklikeme.exports.whatsapp_dates import DateOrders, real_date
from talklikeme.exports.whatsapp_headers import Header, when

_DAY = timedelta(days=1)


class StampClock:
    """Reads stamps in file order, and looks closely at days on which the clocks change only."""

    def __init__(self, orders: DateOrders, zone: ZoneInfo) -> None:
        self._orders = orders
        self._zone = zone
        self._clock = LocalClock(zone)
        self._midnights: dict[str, datetime | None] = {}
        self._last: Header | None = None  # the last one that the clock has not seen

    def to_utc(self, header: Header) -> datetime | None:
        """The time of a header, or None if its stamp is no real one."""
        date = header.date
        if date not in self._midnights:
            self._midnights[date] = self._find_midnight(header)
        midnight = self._midnights[date]
        if midnight is None:
            return self._to_utc_on_an_odd_day(header)
        time = header.form.time_of_day(header.time)
        if time is None:
            return None
        self._last = header
        return midnight + time

    def _find_midnight(self, header: Header) -> datetime | None:
        """When that day begins, or None if it is no real one or not as long as others."""
        day = real_date(header.date, self._orders.by_shape[header.shape])
        if day is None:
            return None
        start = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - LocalClock adds the zone
        clock = LocalClock(self._zone)
        first = clock.to_utc(start)
        return first if clock.to_utc(start + _DAY) - first == _DAY else None

    def _to_utc_on_an_odd_day(self, header: Header) -> datetime | None:
        wall = when(header, self._orders)
        if wall is None:
            return None
        # Which of autumn's two hours is meant depends on the message before.
        if self._last is not None and (before := when(self._last, self._orders)):
            self._clock.to_utc(before)
            self._last = None
        return self._clock.to_utc(wall)
