"""Exports of WhatsApp, Telegram Desktop and Messenger of any size (formats.md §16, §17, §1)."""

import re
from collections.abc import Iterator
from itertools import islice
from json.encoder import encode_basestring as quoted
from json.encoder import encode_basestring_ascii as quoted_ascii
from pathlib import Path
from time import gmtime, strftime
from typing import Final

from benchmarks.exports_invented import OWNER, Chat, Said, invent_chats
from benchmarks.exports_output import Out, Written, open_export

_WHATSAPP_LIMIT: Final = 40_000  # messages that the app puts into one export
_PART_LIMIT: Final = 10_000  # messages in one part of a Messenger thread
_OWNER_ID: Final = 7001
_NOT_INCLUDED: Final = "(File not included. Change data exporting settings to download.)"
_ENCRYPTED: Final = (
    "Messages and calls are end-to-end encrypted. No one outside of this chat, not even WhatsApp, "
    "can read or listen to them. Tap to learn more."
)
_LRM: Final = "\u200e"


def write_whatsapp(folder: Path, size: int, seed: str) -> Written:
    """One text file a chat, from Android and iPhone in turn."""
    done = Written("whatsapp")
    for chat in invent_chats(f"{seed}/whatsapp"):
        if done.size >= size:
            break
        write = _write_iphone if chat.number % 2 else _write_android
        write(folder, chat, size, done)
    return done


def _write_android(folder: Path, chat: Chat, size: int, done: Written) -> None:
    with open_export(folder / f"WhatsApp Chat with {chat.title}.txt", done) as out:
        out.write(f"01/01/2011, 09:00 - {_ENCRYPTED}\n")
        done.messages += 1
        for said in islice(chat.said, _WHATSAPP_LIMIT):
            stamp = strftime("%d/%m/%Y, %H:%M", gmtime(said.ts))
            body = {"photo": "<Media omitted>", "deleted": "This message was deleted"}.get(
                said.kind
            )
            out.write(f"{stamp} - {chat.people[said.sender]}: {body or said.text}\n")
            done.count(said)
            if done.size >= size:
                break


def _write_iphone(folder: Path, chat: Chat, size: int, done: Written) -> None:
    with open_export(folder / f"WhatsApp Chat - {chat.title}" / "_chat.txt", done) as out:
        out.write(f"[01/01/2011, 09:00:00] {chat.title}: {_LRM}{_ENCRYPTED}\n")
        done.messages += 1
        for said in islice(chat.said, _WHATSAPP_LIMIT):
            stamp = strftime("[%d/%m/%Y, %H:%M:%S]", gmtime(said.ts))
            body, mark = said.text, ""
            if said.kind == "photo":
                body, mark = f"{_LRM}image omitted", _LRM
            elif said.kind == "deleted":
                body = f"{_LRM}This message was deleted."
            out.write(f"{mark}{stamp} {chat.people[said.sender]}: {body}\n")
            done.count(said)
            if done.size >= size:
                break


def write_telegram(folder: Path, size: int, seed: str) -> Written:
    """The result.json of a whole account."""
    done = Written("telegram")
    with open_export(folder / "DataExport_2024-06-01" / "result.json", done) as out:
        out.write(
            f'{{\n "about": "Here is the data you requested.",\n "personal_information": {{\n'
            f'  "user_id": {_OWNER_ID},\n  "first_name": "Kim",\n  "last_name": "Berg",\n'
            f'  "phone_number": "+49 30 000000",\n  "username": "@kim"\n }},\n "chats": {{\n'
            f'  "about": "This page lists all chats from this export.",\n  "list": ['
        )
        separator = "\n"
        for chat in invent_chats(f"{seed}/telegram"):
            if done.size >= size:
                break
            out.write(separator)
            _write_telegram_chat(out, chat, size, most=60_000, margin="   ")
            separator = ",\n"
        out.write("\n  ]\n }\n}\n")
    return done


def write_telegram_chat(folder: Path, size: int, seed: str) -> Written:
    """The result.json of one chat, however long."""
    done = Written("telegram-chat")
    chat = next(invent_chats(f"{seed}/telegram-chat"))
    with open_export(folder / "ChatExport_2024-06-01" / "result.json", done) as out:
        _write_telegram_chat(out, chat, size, most=1 << 40, margin="")
        out.write("\n")
    return done


def _write_telegram_chat(out: Out, chat: Chat, size: int, *, most: int, margin: str) -> None:
    ids = [_OWNER_ID, *(10_000 + chat.number * 8 + n for n in range(len(chat.people) - 1))]
    kind, number = ("private_group", 900_000 + chat.number) if chat.is_group else (
        "personal_chat", ids[1])  # fmt: skip
    out.write(
        f'{margin}{{\n{margin} "name": {quoted(chat.title)},\n{margin} "type": "{kind}",\n'
        f'{margin} "id": {number},\n{margin} "messages": ['
    )
    senders = [
        f'"from": {quoted(name)},\n{margin}   "from_id": "user{one}"'
        for name, one in zip(chat.people, ids, strict=True)
    ]
    separator = "\n"
    for place, said in enumerate(islice((s for s in chat.said if s.kind != "deleted"), most)):
        lines = [f'"id": {place + 1}', '"type": "message"']
        lines.append(strftime('"date": "%Y-%m-%dT%H:%M:%S"', gmtime(said.ts)))
        lines += [f'"date_unixtime": "{said.ts}"', senders[said.sender]]
        lines += _telegram_content(said, place, margin)
        joined = f",\n{margin}   ".join(lines)
        out.write(f"{separator}{margin}  {{\n{margin}   {joined}\n{margin}  }}")
        out.done.count(said)
        separator = ",\n"
        if out.done.size >= size:
            break
    out.write(f"\n{margin} ]\n{margin}}}")


def _telegram_content(said: Said, place: int, margin: str) -> Iterator[str]:
    if place % 20 == 13:
        yield f'"reply_to_message_id": {place - 3}'
    if said.kind == "photo":
        yield f'"photo": "{_NOT_INCLUDED}"'
        yield '"width": 1280'
        yield '"height": 960'
        yield '"text": ""'
        yield '"text_entities": []'
        return
    text = quoted(said.text)
    kind = "link" if said.kind == "link" else "plain"
    deep = f"\n{margin}    "
    run = f'{{{deep} "type": "{kind}",{deep} "text": {text}{deep}}}'
    runs = f"[{deep}{run}\n{margin}   ]"
    yield f'"text": {text if kind == "plain" else runs}'
    yield f'"text_entities": {runs}'
    if place % 97 == 5:
        yield f'"reactions": [{deep}{{{deep} "type": "emoji",{deep} "count": 1,{deep} "emoji": "👍"{deep}}}\n{margin}   ]'


def write_messenger(folder: Path, size: int, seed: str) -> Written:
    """A Facebook download: a folder a thread, parts of 10,000 messages, each newest first."""
    done = Written("messenger")
    messages = folder / "your_facebook_activity" / "messages"
    with open_export(messages / "autofill_information.json", done) as out:
        out.write(f'{{"autofill_information_v2": {{"FULL_NAME": [{quoted_ascii(OWNER)}]}}}}')
    for chat in invent_chats(f"{seed}/messenger"):
        if done.size >= size:
            break
        thread = f"{re.sub(r'[^a-z0-9]', '', chat.title.lower())}_{10**15 + chat.number}"
        likely = (size - done.size) // 230 + 1
        count = min(likely, (1 + chat.number % 7) * 9_000)
        parts = -(-count // _PART_LIMIT)
        for number in range(parts, 0, -1):
            said = list(islice(chat.said, min(count, _PART_LIMIT)))
            count -= len(said)
            path = messages / "inbox" / thread / f"message_{number}.json"
            with open_export(path, done) as out:
                _write_messenger_part(out, chat, said, thread)
    return done


def _write_messenger_part(out: Out, chat: Chat, said: list[Said], thread: str) -> None:
    people = ",\n".join(
        f'    {{\n      "name": {_mojibake(name)}\n    }}' for name in reversed(chat.people)
    )
    out.write(f'{{\n  "participants": [\n{people}\n  ],\n  "messages": [\n')
    names = [_mojibake(name) for name in chat.people]
    for place, one in enumerate(reversed(said)):
        lines = [
            f'"sender_name": {names[one.sender]}',
            f'"timestamp_ms": {one.ts}{place % 1000:03}',
        ]
        lines += _messenger_content(one, place, thread, names)
        lines.append('"is_geoblocked_for_viewer": false')
        lines.append('"is_unsent_image_by_messenger_kid_parent": false')
        joined = ",\n      ".join(lines)
        comma = "" if place == len(said) - 1 else ","
        out.write(f"    {{\n      {joined}\n    }}{comma}\n")
        out.done.count(one)
    out.write(
        f'  ],\n  "title": {_mojibake(chat.title)},\n  "is_still_participant": true,\n'
        f'  "thread_path": "inbox/{thread}",\n  "magic_words": []\n}}'
    )


def _messenger_content(one: Said, place: int, thread: str, names: list[str]) -> Iterator[str]:
    if one.kind == "deleted":
        yield '"is_unsent": true'
    elif one.kind == "photo":
        uri = f"your_facebook_activity/messages/inbox/{thread}/photos/{one.ts}.jpg"
        yield f'"photos": [\n        {{\n          "uri": "{uri}",\n          "creation_timestamp": {one.ts}\n        }}\n      ]'
    else:
        yield f'"content": {_mojibake(one.text)}'
    if one.kind == "link":
        yield f'"share": {{\n        "link": {quoted_ascii(one.text)}\n      }}'
    if place % 50 == 7:
        yield f'"reactions": [\n        {{\n          "reaction": {_mojibake("❤")},\n          "actor": {names[0]}\n        }}\n      ]'


def _mojibake(text: str) -> str:
    """A JSON string as Facebook writes it: every byte of the UTF-8 is a character."""
    return str(quoted_ascii(text if text.isascii() else text.encode("utf-8").decode("latin-1")))
