"""LinkedIn, Twitter, Tinder, Hinge, Slack (§11-14)."""

import csv
import io
import json
import re
from collections.abc import Sequence
from email.utils import format_datetime
from functools import partial
from html import escape
from typing import Any

from talklikeme.exports import hinge, linkedin, slack, tinder, twitter
from talklikeme.exports.slack_text import _SHORT_CODE
from tests.renderers.base import (
    ENGLISH_MONTHS,
    Conversation,
    Dialect,
    Files,
    Limits,
    Line,
    as_json,
    clock12,
    half,
)

# csv cannot hold NUL; some texts are HTML and none says so; the owner may be called otherwise by
# now, so silence proves nothing; a chat of 2016 is told by its two people.
LINKEDIN = Limits(
    "s", lacks="\0<", people=2, owner_speaks=True, never=re.compile(r"&#?\w+;").search
)
LINKEDIN_2016 = LINKEDIN.but(precision="min")
# The archive has ids; names of others are known where the owner's tweets mention them.
TWITTER = Limits("ms")
# Only what the owner wrote; a match has no order but time, so two of one second keep the file's.
TINDER = Limits("s", is_one_sided=True)
HINGE = Limits("s", is_one_sided=True, is_owner_named=False)
# ":wave:" is an emoji; the owner is told by DMs alone.
SLACK = Limits("us", is_owner_stated=False, never=_SHORT_CODE.search)

_2016 = ("From", "To", "Date", "Subject", "Content")
_2019 = ("FROM", "TO", "DATE", "SUBJECT", "CONTENT", "DIRECTION", "FOLDER")
_2020 = (
    "CONVERSATION ID", "CONVERSATION TITLE", "FROM", "SENDER PROFILE URL", "TO", "DATE", "SUBJECT",
    "CONTENT", "FOLDER",
)  # fmt: skip
_2025 = (*_2020[:5], "RECIPIENT PROFILE URLS", *_2020[5:], "IS MESSAGE DRAFT")
_2026 = (*_2020[:5], "RECIPIENT PROFILE URLS", *_2020[5:], "ATTACHMENTS")


def _table(columns: Sequence[str], rows: list[dict[str, str]], **options: Any) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", restval="", **options)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def linkedin_csv(
    chat: Conversation, columns: Sequence[str], *, before: str = "", **options: Any
) -> Files:
    """Newest first; the names of columns have changed case."""
    rows = []
    for line in reversed(chat.lines):
        wall = line.wall
        if columns is _2016:
            day = f"{ENGLISH_MONTHS[wall.month - 1]} {wall.day}, {wall.year}"
            date = f"{day}, {clock12(wall)}:{wall:%M} {half(wall)}"
        else:
            date = (
                f"{wall:%Y-%m-%dT%H:%M:%S}"
                if columns is _2019
                else f"{line.at:%Y-%m-%d %H:%M:%S} UTC"
            )
        row = {
            "from": chat.name(line), "to": chat.people[1 - line.who], "date": date, "content": line.text,
            "folder": "INBOX", "direction": "INCOMING" if line.who else "OUTGOING",
            "conversation id": "2-QUJDRA==", "sender profile url": f"https://www.linkedin.com/in/p{line.who}",
            "recipient profile urls": f"https://www.linkedin.com/in/p{1 - line.who}", "is message draft": "No",
        }  # fmt: skip
        rows.append({name: row.get(name.lower(), "") for name in columns})
    first, _, last = chat.people[0].rpartition(" ")
    names = {"First Name": first, "Last Name": last, "Headline": "Gardener"}
    return {
        "Inbox.csv" if columns is _2016 else "messages.csv": (
            before + _table(columns, rows, **options)
        ).encode(),
        "Profile.csv": _table(list(names), [names]).encode(),
    }


def twitter_js(
    chat: Conversation,
    name: str,
    root: str = "data/",
    *,
    is_wrapped: bool = True,
    indent: int | None = None,
) -> Files:
    """Newest first; HTML's three escapes in the words."""
    is_group = len(chat.people) > 2
    said = []
    for number, line in reversed(list(enumerate(chat.lines))):
        text = line.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        message = {
            "reactions": [], "urls": [], "text": text, "mediaUrls": [], "senderId": f"1{line.who}",
            "id": str(900 + number), "createdAt": f"{line.at:%Y-%m-%dT%H:%M:%S}.{line.at.microsecond // 1000:03}Z",
        }  # fmt: skip
        said.append(
            {"messageCreate": message | ({} if is_group else {"recipientId": f"1{1 - line.who}"})}
        )
    one: dict[str, Any] = {"conversationId": "777" if is_group else "10-11", "messages": said}
    one = {"dmConversation": one} if is_wrapped else one
    account = {
        "account": {"username": "kim", "accountId": "10", "accountDisplayName": chat.people[0]}
    }
    mentions = [
        {"id_str": f"1{n}", "name": who, "screen_name": who} for n, who in enumerate(chat.people)
    ]
    tweets = [{"tweet": {"entities": {"user_mentions": mentions[1:]}}}]
    kind = f"{name}_group" if is_group else name
    return {
        f"{root}{kind.replace('_', '-')}.js": f"window.YTD.{kind}.part0 = {json.dumps([one], indent=indent, ensure_ascii=False)}".encode(),
        f"{root}account.js": b"window.YTD.account.part0 = " + as_json([account]),
        f"{root}tweets.js": b"window.YTD.tweets.part0 = " + as_json(tweets),
    }


def tinder_json(chat: Conversation, *, age: int) -> Files:
    """What the owner wrote, in HTML's escapes; newest first until it was turned round."""
    said = []
    for line in chat.lines:
        date = (
            f"{line.at:%Y-%m-%dT%H:%M:%S.000Z}"
            if age == 2024
            else format_datetime(line.at, usegmt=True)
        )
        to = {} if age == 2024 else {"to": 11 if age == 2018 else -1}
        said.append(to | {"from": "You", "message": escape(line.text), "sent_date": date})
    whole = {
        "Usage": {}, "User": {"name": chat.people[0]},
        "Messages": [{"match_id": "Match 1", "messages": said}],
    }  # fmt: skip
    return {"data.json": as_json(whole, sort_keys=age == 2024, indent=None if age == 2018 else 1)}


def hinge_json(chat: Conversation, *, is_new: bool) -> Files:
    """What the owner wrote, without names."""
    stamp = "%Y-%m-%dT%H:%M:%SZ" if is_new else "%Y-%m-%d %H:%M:%S"
    said = [{"body": line.text, "timestamp": f"{line.at:{stamp}}"} for line in chat.lines]
    one = {"match": [{"timestamp": "2020-01-01 00:00:00"}], "chats": said}
    return {"matches.json": as_json([one], indent=2 if is_new else None)}


def _slack_message(line: Line, *, has_blocks: bool) -> dict[str, Any]:
    text = line.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    stamp = f"{int(line.at.timestamp())}.{line.at.microsecond:06}"
    message: dict[str, Any] = {
        "type": "message",
        "user": f"U0{line.who}",
        "text": text,
        "ts": stamp,
    }
    if has_blocks:
        section = {"type": "rich_text_section", "elements": [{"type": "text", "text": line.text}]}
        message |= {"text": "", "blocks": [{"type": "rich_text", "elements": [section]}]}
    return message


def slack_days(
    chat: Conversation, root: str = "", users: str = "users.json", *, has_blocks: bool = False
) -> Files:
    """One file a day and channel, one list of people."""
    people = [
        {"id": f"U0{n}", "name": f"p{n}", "profile": {"display_name": name, "real_name": name}}
        for n, name in enumerate(chat.people)
    ]
    days: dict[str, list[dict[str, Any]]] = {}
    for line in chat.lines:
        day = days.setdefault(f"{line.at:%Y-%m-%d}", [])
        day.append(_slack_message(line, has_blocks=has_blocks))
    channel = {"id": "C01GEN", "name": "general", "members": [one["id"] for one in people]}
    files = {f"{root}general/{day}.json": as_json(said) for day, said in days.items()}
    return files | {users: as_json(people), f"{root}channels.json": as_json([channel])}


_WRITERS = {
    "2016": partial(linkedin_csv, columns=_2016),
    "2019": partial(linkedin_csv, columns=_2019),
    "2020": partial(linkedin_csv, columns=_2020),
    "2025, BOM, notes, semicolons": partial(
        linkedin_csv,
        columns=_2025,
        before='\ufeffNotes:\n"Your messages, and who"\n\n',
        delimiter=";",
    ),
    "2026": partial(linkedin_csv, columns=_2026, quoting=csv.QUOTE_ALL),
}
DIALECTS = [
    *(
        Dialect(f"LinkedIn {age}", linkedin, LINKEDIN_2016 if age == "2016" else LINKEDIN, render)
        for age, render in _WRITERS.items()
    ),
    Dialect("Twitter 2018", twitter, TWITTER,
            partial(twitter_js, name="direct_message", root="", is_wrapped=False, indent=1)),
    Dialect("Twitter 2021", twitter, TWITTER, partial(twitter_js, name="direct_messages")),
    Dialect("Twitter 2024", twitter, TWITTER, partial(twitter_js, name="direct_messages", indent=2)),
    *(Dialect(f"Tinder {age}", tinder, TINDER, partial(tinder_json, age=age)) for age in (2018, 2021, 2024)),
    Dialect("Hinge 2021", hinge, HINGE, partial(hinge_json, is_new=False)),
    Dialect("Hinge 2024", hinge, HINGE, partial(hinge_json, is_new=True)),
    Dialect("Slack 2016", slack, SLACK, slack_days),
    Dialect("Slack 2024", slack, SLACK, partial(slack_days, root="Space/", users="Space/users.json")),
    Dialect("Slack Grid", slack, SLACK, partial(slack_days, root="teams/Space/", users="org_users.json")),
    Dialect("Slack with blocks", slack, SLACK.but(never=lambda text: False), partial(slack_days, has_blocks=True)),
]  # fmt: skip
