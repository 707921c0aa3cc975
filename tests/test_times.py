"""Wall-clock times to UTC, around the hours that happen twice or never."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from talklikeme.exports.times import LocalClock, from_epoch_ms


def test_the_autumn_hour_is_read_in_the_order_of_the_file() -> None:
    clock = LocalClock(ZoneInfo("Europe/Berlin"))
    walls = ["01:50", "02:30", "02:59", "02:01", "02:40", "03:01"]
    utc = [clock.to_utc(datetime.fromisoformat(f"2024-10-27 {wall}")) for wall in walls]

    assert [f"{ts:%H:%M}" for ts in utc] == ["23:50", "00:30", "00:59", "01:01", "01:40", "02:01"]


def test_the_spring_hour_that_never_was_moves_forward() -> None:
    clock = LocalClock(ZoneInfo("Europe/Berlin"))
    skipped = datetime.fromisoformat("2024-03-31 02:30")
    assert clock.to_utc(skipped) == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("value", [0, -5, 10**17])
def test_a_number_that_is_no_time_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="no time"):
        from_epoch_ms(value)


def test_every_minute_of_a_year_is_what_zoneinfo_says() -> None:
    zone = ZoneInfo("America/New_York")
    clock = LocalClock(zone)
    walls = [
        datetime.fromisoformat("2024-01-01") + timedelta(minutes=37 * n) for n in range(14_000)
    ]
    assert [clock.to_utc(wall) for wall in walls] == [
        wall.replace(tzinfo=zone).astimezone(UTC) for wall in walls
    ]
