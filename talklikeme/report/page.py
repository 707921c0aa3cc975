"""The report as one HTML file: no script, nothing loaded, everything from the chats escaped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from talklikeme.heldout import IN_PROMPT, IN_REPLY, KNOWN
from talklikeme.ledger import DUPLICATE, FORGOTTEN, REDACTED, UNREADABLE
from talklikeme.report.statistics import ChatStatistics
from talklikeme.selection import (
    EXCLUDED,
    NOT_ADDRESSED,
    OUTSIDE,
    REQUEST,
    SPAM,
    THROWN_AWAY,
    TOO_LONG,
)

_REASONS = {
    IN_REPLY: "your words that the model learns to say",
    IN_PROMPT: "what was said before, that it answers",
    DUPLICATE: "stood in another export too",
    UNREADABLE: "prepare_data.py names each file and the reason",
    KNOWN: "held out for a test, but the same words are learned from elsewhere",
    EXCLUDED: "you left them out",
    OUTSIDE: "before --since or after --until",
    NOT_ADDRESSED: "your words in a group, to nobody in particular",
    REDACTED: "nothing was left of your words but a placeholder",
    REQUEST: "from strangers, not among your chats",
    SPAM: "the app says so",
    FORGOTTEN: "taken out of the pairs again",
    THROWN_AWAY: "you had deleted the chat",
    TOO_LONG: "pasted rather than written: more than --max-message-chars",
    "unanswered": "a friend's words that no reply of yours followed in time",
    "media only": "a picture, a voice message, a call: nothing to read",
    "system notice": "the app's own words",
    "deleted": "taken back by their sender",
    "empty": "no text in the export",
    "draft": "written, never sent",
    "forwarded": "not your own words",
    "made by a bot": "not your own words",
    "chat with a bot": "nobody to talk like",
    "channel": "one speaks, many read",
    "notes to self": "nobody answers",
    "chat too short": "fewer messages than --min-messages",
    "group chat": "left out by --groups drop",
}
_USED = (IN_REPLY, IN_PROMPT)


@dataclass(frozen=True, slots=True)
class Headline:
    """A number that stands large on top."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One fate and its counts: over all, then by app."""

    fate: str
    why: str
    counts: tuple[str, ...]
    kind: str = ""


def render_report(
    statistics: ChatStatistics, ledger_json: Mapping[str, Any], note: str = ""
) -> str:
    """The page, from the sums of all processes and Ledger.to_json; a note stands on top."""
    from talklikeme.report.habits import build_habits
    from talklikeme.report.overview import build_overview
    from talklikeme.report.sections import name_app
    from talklikeme.templates import open_templates

    platforms = ledger_json["platforms"]
    template = open_templates("talklikeme.report").get_template("report.html")
    return template.render(
        headlines=_headlines(statistics, ledger_json),
        lead=_lead(ledger_json),
        note=note,
        apps=[name_app(platform) for platform in platforms],
        ledger=_ledger_rows(ledger_json["total"], platforms),
        is_complete=sum(ledger_json["total"].values()) == ledger_json["records"],
        sections=[*build_overview(statistics), *build_habits(statistics)],
    )


def _headlines(statistics: ChatStatistics, ledger: Mapping[str, Any]) -> list[Headline]:
    pairs = sum(ledger["pairs"].values())
    openers = f", {statistics.openers:,} without a prompt" if statistics.openers else ""
    headlines = [
        Headline(f"{ledger['records']:,}", "messages read"),
        Headline(f"{pairs:,}", f"pairs to learn from{openers}"),
        Headline(
            f"{len(statistics.friend_names):,}",
            "friend" if len(statistics.friend_names) == 1 else "friends",
        ),
    ]
    if statistics.first and statistics.last:
        headlines.append(
            Headline(_span(statistics.first, statistics.last), "first to last message")
        )
    return headlines


def _span(first: datetime, last: datetime) -> str:
    if first.year != last.year:
        return f"{first.year}–{last.year}"
    return str(first.year) if first.month != last.month else f"{first:%Y-%m}"


def _lead(ledger: Mapping[str, Any]) -> str:
    used = sum(ledger["total"].get(fate, 0) for fate in _USED)
    if not ledger["records"]:
        return "There was nothing to read."
    left_out = ledger["records"] - used
    if not left_out:
        return "Every message read is in a pair."
    return f"{used:,} of {ledger['records']:,} messages are in a pair, {left_out:,} are not."


def _ledger_rows(
    total: Mapping[str, int], platforms: Mapping[str, Mapping[str, int]]
) -> list[LedgerRow]:
    """What is used, then what is not, the most frequent first, and the sum."""
    columns = [total, *platforms.values()]
    rows = [_ledger_row(columns, fate, "used" if fate in _USED else "") for fate in order(total)]
    sums = tuple(f"{sum(column.values()):,}" for column in columns)
    return [*rows, LedgerRow("read", "", sums, "sum")]


def order(total: Mapping[str, int]) -> list[str]:
    """The fates that there are: what is used, then what is not, the most frequent first."""
    dropped = sorted((fate for fate in total if fate not in _USED), key=lambda fate: -total[fate])
    return [*(fate for fate in _USED if fate in total), *dropped]


def explain(fate: str) -> str:
    """What a fate means, for who does not know the program; empty where the name says it."""
    return _REASONS.get(fate, "")


def _ledger_row(columns: list[Mapping[str, int]], fate: str, kind: str) -> LedgerRow:
    counts = tuple(f"{column.get(fate, 0):,}" for column in columns)
    return LedgerRow(fate, explain(fate), counts, kind)
