"""What an answer of the Send API means for the message: sent, to be sent again, unknown, or never.

The codes: developers.facebook.com, Messenger Platform, "Error codes" (2026-06-25), and Graph API,
"Handling errors". Which class asks for what is docs/messenger.md's table, row by row.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

_TRACE_ID: Final = re.compile(r"[\w+/=-]{1,64}", re.ASCII)
_LONGEST_PAUSE: Final = 24 * 3600.0  # seconds; a page that regains access later is asked again then
_USAGE: Final = "x-business-use-case-usage"


class Outcome(StrEnum):
    """What to do next."""

    SENT = "sent"
    RETRY = "retry"  # it did not arrive; send it again later
    UNKNOWN = "unknown"  # it may have arrived: find out before sending it again
    THROTTLED = "throttled"  # send nothing of this page for a while, then this again
    DEAD = "dead"  # this message will never be taken
    USER_GONE = "user_gone"  # this friend cannot be reached any more
    THREAD_TAKEN = "thread_taken"  # somebody else owns the conversation
    ABUSE = "abuse"  # too many messages to this friend: stop, and tell the operator
    PAGE_CLOSED = "page_closed"  # token, permission or restriction: stop sending until it is mended


@dataclass(frozen=True, slots=True)
class SendResult:
    """What came of a send, without anything of the message; `pause` in seconds."""

    outcome: Outcome
    message_id: str = ""
    reason: str = ""
    pause: float = 0.0


# (code, subcode) first, then the code alone.
_BY_SUBCODE: Final[Mapping[tuple[int, int], Outcome]] = {
    (1, 1357046): Outcome.UNKNOWN,  # "messages are all sent successfully, but …"
    (613, 2018338): Outcome.ABUSE,
    (10, 2018278): Outcome.DEAD,  # the window is closed
    (10, 2534022): Outcome.DEAD,
    (10, 2018065): Outcome.DEAD,
    (551, 1545041): Outcome.USER_GONE,
    (200, 1545041): Outcome.USER_GONE,
    (10, 2018108): Outcome.USER_GONE,
    (100, 2018001): Outcome.USER_GONE,
    (100, 2534037): Outcome.THREAD_TAKEN,
    (10, 1893063): Outcome.PAGE_CLOSED,
}
_BY_CODE: Final[Mapping[int, Outcome]] = {
    1: Outcome.RETRY,
    2: Outcome.RETRY,
    4: Outcome.THROTTLED,
    17: Outcome.THROTTLED,
    32: Outcome.THROTTLED,
    341: Outcome.THROTTLED,
    613: Outcome.THROTTLED,
    551: Outcome.USER_GONE,
    2018300: Outcome.THREAD_TAKEN,
    2018321: Outcome.THREAD_TAKEN,
    368: Outcome.PAGE_CLOSED,
    2022: Outcome.PAGE_CLOSED,
    190: Outcome.PAGE_CLOSED,
    10: Outcome.PAGE_CLOSED,
    102: Outcome.PAGE_CLOSED,
    200: Outcome.PAGE_CLOSED,
    100: Outcome.DEAD,
}


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendResult:
    """The meaning of an HTTP answer, whatever it looks like; `headers` have small names."""
    document = _parse(body)
    if 200 <= status < 300:
        found = document.get("message_id")
        return SendResult(Outcome.SENT, message_id=found if isinstance(found, str) else "")
    error = document.get("error")
    if not isinstance(error, dict):
        return _without_json(status, headers)
    code, subcode = (_number(error.get(name)) for name in ("code", "error_subcode"))
    outcome = _BY_SUBCODE.get((code, subcode)) or _BY_CODE.get(code)
    if status == 429:
        outcome = Outcome.THROTTLED
    elif outcome is None or (outcome is Outcome.RETRY and status >= 500):
        outcome = _default(status)
    pause = read_pause(headers) if outcome is Outcome.THROTTLED else 0.0
    return SendResult(outcome, reason=_describe(status, code, subcode, error), pause=pause)


def _without_json(status: int, headers: Mapping[str, str]) -> SendResult:
    """An answer from somewhere before the API, or a broken one."""
    if status == 429:
        return SendResult(Outcome.THROTTLED, reason="HTTP 429", pause=read_pause(headers))
    return SendResult(_default(status), reason=f"HTTP {status}")


def _default(status: int) -> Outcome:
    """A server that fails may have sent it; a refusal that we do not know is final."""
    return Outcome.UNKNOWN if status >= 500 else Outcome.DEAD


def read_pause(headers: Mapping[str, str]) -> float:
    """Seconds until the page may send again, as the API tells it; 0 where it does not."""
    after = headers.get("retry-after", "")
    seconds = [float(after)] if after.isascii() and after.isdigit() else []
    usage = _parse(headers.get(_USAGE, "").encode())
    for entry in usage.values():
        for one in entry if isinstance(entry, list) else []:
            minutes = one.get("estimated_time_to_regain_access") if isinstance(one, dict) else None
            if isinstance(minutes, int | float) and not isinstance(minutes, bool):
                seconds.append(60.0 * minutes)
    return min(max([0.0, *seconds]), _LONGEST_PAUSE)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _describe(status: int, code: int, subcode: int, error: Mapping[str, Any]) -> str:
    """Status, code, subcode and trace id; Meta's own words may repeat a name or a token."""
    trace = error.get("fbtrace_id")
    if not (isinstance(trace, str) and _TRACE_ID.fullmatch(trace)):
        trace = "none"
    numbers = "/".join(str(number) for number in (code, subcode) if number)
    return f"HTTP {status}, code {numbers or 'none'}, fbtrace_id {trace}"
