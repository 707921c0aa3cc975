"""The time zone at the end of a stamp of Facebook's old archives (formats.md §4.3).

"… at 10:05pm UTC+02" is exact. "… at 10:05pm PDT" needs a table, in which some abbreviations have
several meanings: the configured time zone decides where it uses the abbreviation itself.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_HOURS: Final = {
    "PST": -8, "PDT": -7, "MST": -7, "MDT": -6, "CST": -6, "CDT": -5, "EST": -5, "EDT": -4, "AST": -4,
    "ADT": -3, "NST": -3.5, "NDT": -2.5, "AKST": -9, "AKDT": -8, "HST": -10, "BRT": -3, "BRST": -2,
    "ART": -3, "CLT": -4, "CLST": -3, "COT": -5, "PET": -5, "VET": -4, "UYT": -3, "UTC": 0, "GMT": 0,
    "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "EET": 2, "EEST": 3,
    "MSK": 3, "MSD": 4, "TRT": 3, "SAST": 2, "CAT": 2, "EAT": 3, "WAT": 1, "GST": 4, "PKT": 5, "IST": 5.5,
    "NPT": 5.75, "ICT": 7, "WIB": 7, "WITA": 8, "WIT": 9, "SGT": 8, "MYT": 8, "PHT": 8, "HKT": 8,
    "JST": 9, "KST": 9, "AWST": 8, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12,
    "NZDT": 13,
}  # fmt: skip
_AMBIGUOUS: Final = frozenset({"IST", "BST", "CST", "AST", "MSK", "GST", "WIT"})

_ZONE = re.compile(r"\s+((?:UTC|GMT)?[+\u2212-]\d{1,2}(?::?\d{2})?|(?!AM$|PM$)[A-Z]{3,5})\s*$")
_OFFSET = re.compile(r"(?:UTC|GMT)?([+\u2212-])(\d{1,2}):?(\d{2})?")
_LONGEST_OFFSET: Final = timedelta(hours=14)


def split_zone(stamp: str) -> tuple[str, str | None]:
    """A stamp without its zone, and the zone."""
    found = _ZONE.search(stamp)
    return (stamp[: found.start()], found[1]) if found else (stamp, None)


class ZoneReader:
    """Turns wall times with a zone into UTC and remembers which zones are in doubt."""

    def __init__(self, home: ZoneInfo) -> None:
        self._home = home
        self.unknown: set[str] = set()
        self.doubtful: set[str] = set()

    def to_utc(self, wall: datetime, zone: str) -> datetime | None:
        """UTC, or None for a zone that nobody knows."""
        if found := _OFFSET.fullmatch(zone):
            offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
            if offset > _LONGEST_OFFSET:
                self.unknown.add(zone)
                return None
            return _shift(wall, offset if found[1] == "+" else -offset)
        for fold in (0, 1):
            at_home = wall.replace(tzinfo=self._home, fold=fold)
            if at_home.tzname() == zone:
                return at_home.astimezone(UTC)
        if zone not in _HOURS:
            self.unknown.add(zone)
            return None
        if zone in _AMBIGUOUS:
            self.doubtful.add(zone)
        return _shift(wall, timedelta(hours=_HOURS[zone]))


def _shift(wall: datetime, offset: timedelta) -> datetime:
    return wall.replace(tzinfo=UTC) - offset
