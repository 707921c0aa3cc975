"""What Discord's exports have in common: ids that tell the time, raw mentions, kinds of files (§15)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from talklikeme.exports.times import EPOCH

_FIRST_MS: Final = 1_420_070_400_000  # Discord counts from 2015
_LONGEST_ID: Final = 20
_MARKUP = re.compile(
    r"<(?:@(?P<role>&)?!?(?P<user>\d{1,20})|#(?P<channel>\d{1,20})|a?(?P<emoji>:\w{1,40}:)\d{1,20}"
    r"|/(?P<command>[\w -]{1,120}):\d{1,20}|t:(?P<time>-?\d{1,12})(?::[tTdDfFR])?)>"
)
_FILE_KINDS: Final = {
    "photo": {"png", "jpg", "jpeg", "gif", "webp", "heic", "bmp", "avif"},
    "video": {"mp4", "mov", "webm", "mkv", "avi", "m4v"},
    "audio": {"mp3", "ogg", "wav", "m4a", "flac", "opus", "aac"},
}


def snowflake_time(number: str | None) -> datetime | None:
    """When the message with this id was sent, to the millisecond; None for what is no id."""
    if not number or not (number.isascii() and number.isdecimal()) or len(number) > _LONGEST_ID:
        return None
    milliseconds = int(number) >> 22
    if not 0 < milliseconds < 1 << 41:
        return None
    return EPOCH + timedelta(milliseconds=milliseconds + _FIRST_MS)


def render_markup(
    text: str, names: Mapping[str, str], channels: Mapping[str, str], zone: ZoneInfo
) -> str:
    """Raw mentions, custom emoji and times as people saw them: "<@90>" → "@nova"."""

    def render(found: re.Match[str]) -> str:
        if user := found["user"]:
            return f"@{names.get(user) or ('role' if found['role'] else 'user')}"
        if channel := found["channel"]:
            return f"#{channels.get(channel) or 'channel'}"
        if command := found["command"]:
            return f"/{command}"
        return found["emoji"] or _render_time(int(found["time"]), zone) or found[0]

    return _MARKUP.sub(render, text) if "<" in text else text


def _render_time(seconds: int, zone: ZoneInfo) -> str:
    try:
        moment = datetime.fromtimestamp(seconds, UTC).astimezone(zone)
    except (ValueError, OverflowError, OSError):
        return ""
    return f"{moment:%Y-%m-%d %H:%M}"


def kind_of_file(name: str) -> str:
    """photo, video, audio or file, by the ending of a name or an address."""
    ending = name.partition("?")[0].rpartition(".")[2].lower()
    return next((kind for kind, endings in _FILE_KINDS.items() if ending in endings), "file")
