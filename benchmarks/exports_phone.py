"""Backups of phones and old archives of any size (formats.md §8, §18, §4)."""

import sqlite3
from itertools import islice
from pathlib import Path
from time import gmtime, strftime
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from benchmarks.exports_invented import OWNER, Chat, Said, invent_chats
from benchmarks.exports_output import Written, open_export

_SMS_HEAD: Final = (
    "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n"
    "<!--File Created By SMS Backup & Restore v10.20.002 on 01/06/2024 09:00:00-->\n"
    '<?xml-stylesheet type="text/xsl" href="sms.xsl"?>\n<smses '
)
_SMS_ROOT: Final = (
    ' backup_set="00000000-0000-0000-0000-000000000000" backup_date="1717232400000" type="full">\n'
)
_DIGITS: Final = 24  # room for the count


def write_sms(folder: Path, size: int, seed: str) -> Written:
    """A phone's backup: the chats of a year side by side, some messages with a picture in them."""
    done = Written("sms")
    chats = list(islice(invent_chats(f"{seed}/sms"), 40))
    with open_export(folder / "sms-20240601090000.xml", done) as out:
        out.write(_SMS_HEAD + " " * _DIGITS + _SMS_ROOT)
        while done.size < size:
            chat = chats[done.messages // 7 % len(chats)]
            said = next(chat.said)
            write = _mms if chat.is_group or said.kind == "photo" else _sms
            out.write(write(said, chat))
            done.messages += 1
            done.texts += bool(said.text) or write is _mms
        out.write("</smses>")
    with done.files[0].open("r+b") as file:  # the number is known only now
        file.seek(len(_SMS_HEAD))
        file.write(f'count="{done.messages}"'.encode())
    return done


def _number(chat: Chat, place: int) -> str:
    return f"+1555{chat.number:03}{place:04}"


def _sms(said: Said, chat: Chat) -> str:
    readable = strftime("%b %d, %Y %I:%M:%S %p", gmtime(said.ts))
    return (
        f'  <sms protocol="0" address="{_number(chat, 1)}" date="{said.ts}000" '
        f'type="{1 if said.sender else 2}" subject="null" body={_attribute(said.text or "null")} '
        f'toa="null" sc_toa="null" service_center="null" read="1" status="-1" locked="0" '
        f'date_sent="{said.ts}000" sub_id="1" readable_date="{readable}" '
        f"contact_name={quoteattr(chat.title)} />\n"
    )


def _mms(said: Said, chat: Chat) -> str:
    members = [_number(chat, place) for place in range(1, len(chat.people))]
    sender = _number(chat, said.sender) if said.sender else "insert-address-token"
    addresses = "".join(
        f'      <addr address="{one}" type="{137 if one == sender else 151}" charset="106" />\n'
        for one in ["insert-address-token", *members]
    )
    picture = _PICTURE if said.kind == "photo" else ""
    return (
        f'  <mms date="{said.ts}000" rr="129" sub="null" ct_t="application/vnd.wap.multipart.related" '
        f'read_status="null" seen="1" msg_box="{1 if said.sender else 2}" address="{"~".join(members)}" '
        f'sub_cs="null" m_id="{said.ts}" date_sent="{said.ts}" read="1" m_type="{132 if said.sender else 128}" '
        f'v="18" m_size="null" exp="604800" text_only="{0 if picture else 1}" locked="0" '
        f"contact_name={quoteattr(', '.join(chat.people[1:]))}>\n    <parts>\n"
        f'      <part seq="-1" ct="application/smil" name="null" chset="null" text="&lt;smil&gt;&lt;/smil&gt;" />\n'
        f'{picture}      <part seq="0" ct="text/plain" name="null" chset="106" cl="text0.txt" '
        f"text={_attribute(said.text or 'look')} />\n    </parts>\n    <addrs>\n{addresses}    </addrs>\n  </mms>\n"
    )


_PICTURE: Final = (
    '      <part seq="0" ct="image/jpeg" name="p.jpg" chset="null" cl="p.jpg" text="null" '
    f'data="{"/9j/4AAQSkZJRgABAQAAAQABAAD" * 200}" />\n'
)


def _attribute(text: str) -> str:
    return quoteattr(text, {"\n": "&#10;"})


_SCHEMA: Final = """
CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, text TEXT,
  handle_id INTEGER DEFAULT 0, subject TEXT, attributedBody BLOB, service TEXT, account TEXT,
  date INTEGER, date_read INTEGER, date_delivered INTEGER, is_from_me INTEGER DEFAULT 0,
  item_type INTEGER DEFAULT 0, group_title TEXT, group_action_type INTEGER DEFAULT 0,
  other_handle INTEGER DEFAULT 0, associated_message_guid TEXT, associated_message_type INTEGER DEFAULT 0,
  associated_message_emoji TEXT, balloon_bundle_id TEXT, payload_data BLOB, message_summary_info BLOB,
  destination_caller_id TEXT, thread_originator_guid TEXT, thread_originator_part TEXT,
  cache_has_attachments INTEGER DEFAULT 0, is_audio_message INTEGER DEFAULT 0, date_edited INTEGER);
CREATE TABLE handle (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, country TEXT,
  service TEXT NOT NULL, uncanonicalized_id TEXT, person_centric_id TEXT);
CREATE TABLE chat (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, style INTEGER,
  chat_identifier TEXT, service_name TEXT, room_name TEXT, account_login TEXT, display_name TEXT);
CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT, filename TEXT, uti TEXT,
  mime_type TEXT, transfer_name TEXT, is_sticker INTEGER DEFAULT 0);
CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER, message_date INTEGER,
  PRIMARY KEY (chat_id, message_id));
CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER);
CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER);
CREATE INDEX message_idx_date ON message (date);
CREATE INDEX chat_message_join_idx_message ON chat_message_join (message_id);
CREATE INDEX message_attachment_join_idx ON message_attachment_join (message_id);
"""
_MESSAGE: Final = (
    "INSERT INTO message (ROWID, guid, text, attributedBody, handle_id, service, date, is_from_me, "
    "destination_caller_id, cache_has_attachments) VALUES (?,?,?,?,?,'iMessage',?,?,?,?)"
)
_APPLE_EPOCH: Final = 978_307_200
_BATCH: Final = 2_000
_STYLED: Final = (
    b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject"
    b"\x00\x85\x92\x84\x84\x84\x08NSString\x01\x94\x84\x01+%s%s\x86\x84\x02iI\x01%s\x92\x84\x84\x84"
    b"\x0cNSDictionary\x00\x94\x84\x01i\x01\x92\x84\x96\x96\x1d__kIMMessagePartAttributeName\x86\x92"
    b"\x84\x84\x84\x08NSNumber\x00\x84\x84\x07NSValue\x00\x94\x84\x01*\x84\x99\x99\x00\x86\x86\x86"
)


def write_imessage(folder: Path, size: int, seed: str) -> Written:
    """A Mac's chat.db: half of the texts are plain, the other half styled, as since 2022."""
    done = Written("imessage", [folder / "Messages" / "chat.db"])
    path = done.files[0]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    database.executescript(_SCHEMA)
    chats = list(islice(invent_chats(f"{seed}/imessage"), 32))
    handles = [_insert_chat(database, chat) for chat in chats]
    while done.size < size:
        chat = chats[done.messages // _BATCH % len(chats)]
        _insert_messages(database, chat, handles[chat.number], done, _BATCH)
        database.commit()
        done.size = path.stat().st_size
    database.close()
    return done


def _insert_chat(database: sqlite3.Connection, chat: Chat) -> list[int]:
    """The row numbers of its people's handles."""
    numbers = [_number(chat, place) for place in range(1, len(chat.people))]
    insert = "INSERT INTO handle (id, country, service) VALUES (?, 'us', 'iMessage')"
    handles = [database.execute(insert, (one,)).lastrowid or 0 for one in numbers]
    group = (43, f"chat{chat.number:018}", chat.title)
    row = group if chat.is_group else (45, numbers[0], None)
    guid = f"iMessage;{'+' if chat.is_group else '-'};{row[1]}"
    database.execute(
        "INSERT INTO chat (ROWID, guid, style, chat_identifier, display_name, service_name, "
        "account_login) VALUES (?, ?, ?, ?, ?, 'iMessage', 'E:kim@example.org')",
        (chat.number + 1, guid, *row),
    )
    pairs = [(chat.number + 1, handle) for handle in handles]
    database.executemany("INSERT INTO chat_handle_join VALUES (?, ?)", pairs)
    return handles


def _insert_messages(
    database: sqlite3.Connection, chat: Chat, handles: list[int], done: Written, most: int
) -> None:
    rows: list[tuple[Any, ...]] = []
    pictures: list[tuple[Any, ...]] = []
    for said in islice((one for one in chat.said if one.kind != "deleted"), most):
        done.count(said)
        number = done.messages
        text: str | None = said.text or "\ufffc"
        styled = _styled(said.text) if number % 2 and said.text else None
        handle = handles[said.sender - 1] if said.sender else (0 if chat.is_group else handles[0])
        date = (said.ts - _APPLE_EPOCH) * 1_000_000_000
        guid = f"{chat.number:08X}-0000-4000-8000-{number:012X}"
        is_picture = said.kind == "photo"
        rows.append(
            (number, guid, None if styled else text, styled, handle, date, int(not said.sender),
             "+15550000000", int(is_picture))
        )  # fmt: skip
        if is_picture:
            path = f"~/Library/Messages/Attachments/0a/10/{guid}/IMG_{number}.heic"
            pictures.append((number, guid, path, "public.heic", "image/heic", f"IMG_{number}.heic"))
    database.executemany(_MESSAGE, rows)
    joins = [(chat.number + 1, row[0], row[5]) for row in rows]
    database.executemany("INSERT INTO chat_message_join VALUES (?, ?, ?)", joins)
    database.executemany(
        "INSERT INTO attachment (ROWID, guid, filename, uti, mime_type, transfer_name) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        pictures,
    )
    attached = [(picture[0], picture[0]) for picture in pictures]
    database.executemany("INSERT INTO message_attachment_join VALUES (?, ?)", attached)


def _styled(text: str) -> bytes:
    """An attributedBody, whose lengths take one byte or three."""
    data = text.encode("utf-8")
    return _STYLED % (_length(len(data)), data, _length(len(text.encode("utf-16-le")) // 2))


def _length(number: int) -> bytes:
    return bytes([number]) if number < 128 else b"\x81" + number.to_bytes(2, "little")


def write_legacy(folder: Path, size: int, seed: str) -> Written:
    """Facebook's messages.htm of the 2010s: all threads on one page, blocks newest first."""
    done = Written("facebook-legacy")
    head = f"<html><head><title>{OWNER} - Messages</title></head><body><h1>{OWNER}</h1>"
    with open_export(folder / "facebook-kim" / "html" / "messages.htm", done) as out:
        out.write(f'{head}<div class="contents"><h1>{OWNER}</h1><div>')
        for chat in invent_chats(f"{seed}/facebook-legacy"):
            for _ in range(1 + chat.number % 4):
                if done.size < size:
                    likely = (size - done.size) // 280 + 1
                    block = list(islice(chat.said, min(_BLOCK, likely)))
                    names = ", ".join(map(escape, chat.people))
                    out.write(f'<div class="thread">{names}')
                    for said in reversed(block):
                        out.write(_legacy_message(said, chat))
                        done.count(said)
                    out.write("</div>")
            if done.size >= size:
                break
        out.write("</div></div></body></html>")
    return done


_BLOCK: Final = 10_000  # messages


def _legacy_message(said: Said, chat: Chat) -> str:
    stamp = strftime("%A, %B %-d, %Y at %-I:%M%p", gmtime(said.ts))
    stamp = stamp[:-2] + stamp[-2:].lower() + " UTC"
    text = escape(said.text, {"'": "&#039;", '"': "&quot;"}).replace("\n", "<br />")
    return (
        f'<div class="message"><div class="message_header"><span class="user">'
        f'{escape(chat.people[said.sender])}</span><span class="meta">{stamp}</span></div></div>'
        f"<p>{text}</p>"
    )
