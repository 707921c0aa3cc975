"""SMS Backup & Restore: what a user would miss if it went wrong."""

import io
import json
import tracemalloc
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast
from xml.sax.saxutils import quoteattr
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talklikeme.errors import ExportError
from talklikeme.exports import sms_mbox, sms_xml
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.sms_xml_repair import repair
from talklikeme.messages import Attachment, Message, clean_text

GOLDEN = Path(__file__).parent / "golden" / "sms"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))
UTC = ReadSettings(ZoneInfo("UTC"))
START = 1_704_100_000_000
PICTURE = "QUJD" * 30_000


def as_file(content: bytes, path: str = "backup/sms-20240102090000.xml") -> ExportFile:
    return ExportFile(path, len(content), partial(io.BytesIO, content))


def read(*contents: str | bytes, reader: Any = sms_xml) -> list[Item]:
    """Everything that the reader yields, checked against its tallies."""
    files = []
    for number, content in enumerate(contents):
        data = content.encode() if isinstance(content, str) else content
        files.append(as_file(data, f"{number}.xml"))
        assert reader.recognises(files[-1], data[:65_536])
    items = list(reader.read(files, UTC))
    tallies = [item for item in items if isinstance(item, Tally)]
    assert len(tallies) == len(files)
    records = len(messages(items)) + sum(error.records for error in errors(items))
    assert sum(tally.records for tally in tallies) == records
    return items


def messages(items: list[Item]) -> list[Message]:
    return [item for item in items if isinstance(item, Message)]


def errors(items: list[Item]) -> list[ExportError]:
    return [item for item in items if isinstance(item, ExportError)]


def texts(*contents: str | bytes) -> list[str]:
    return [message.text for message in messages(read(*contents))]


def element(tag: str, inside: str = "", **attributes: Any) -> str:
    written = "".join(
        f" {name}={quoteattr(str(value), {chr(10): '&#10;'})}"
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{written}>{inside}</{tag}>" if inside else f"<{tag}{written} />"


def sms(body: str = "hi", **fields: Any) -> str:
    given = {"address": "+15550001", "date": START, "type": 1, "contact_name": "Zoë"}
    return element("sms", **given | {"body": body} | fields)


def mms(*parts: str, addresses: str = "", **fields: Any) -> str:
    given = {"date": START, "msg_box": 1, "address": "+15550001", "contact_name": "Zoë"}
    inside = f"<parts>{''.join(parts)}</parts>" + (
        f"<addrs>{addresses}</addrs>" if addresses else ""
    )
    return element("mms", inside, **given | {"sub": "null"} | fields)


def words(text: str) -> str:
    return element("part", seq=0, ct="text/plain", chset=106, text=text)


def addr(address: str, role: int) -> str:
    return element("addr", address=address, type=role, charset=106)


def backup(*records: str, count: Any = None) -> str:
    number = len(records) if count is None else count
    return f'<?xml version="1.0"?>\n<smses count="{number}">\n{"".join(records)}</smses>'


def only(*records: str) -> Message:
    [message] = messages(read(backup(*records)))
    return message


# --- One conversation, backed up in many ways -------------------------------------------------

DIALECTS = sorted(path.name for path in GOLDEN.iterdir() if path.name != "expected.json")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_backup_gives_the_same_messages(dialect: str) -> None:
    reader = sms_mbox if dialect.endswith(".mbox") else sms_xml
    items = read((GOLDEN / dialect).read_bytes(), reader=reader)
    assert not errors(items)
    found = sorted(messages(items), key=lambda message: message.seq)
    full = [message.to_json() for message in found]
    assert [{key: one[key] for key in EXPECTED[0]} for one in full] == EXPECTED


# --- Bytes that are no XML --------------------------------------------------------------------


def write_like_old_versions(text: str) -> str:
    """Characters beyond the basic plane as two references, control characters as one."""
    pieces = []
    for char in text:
        code = ord(char)
        if code > 0xFFFF:
            high, low = divmod(code - 0x10000, 0x400)
            pieces.append(f"&#{0xD800 + high};&#{0xDC00 + low};")
        elif char in '\n\t\r<&"' or (code < 32):
            pieces.append(f"&#{code};")
        else:
            pieces.append(char)
    return "".join(pieces)


class Slow(io.RawIOBase):
    """Gives a few bytes at a time, however many are asked for."""

    def __init__(self, content: bytes, size: int) -> None:
        self._content, self._size = io.BytesIO(content), size

    def read(self, size: int = -1) -> bytes:
        return self._content.read(self._size)


ODD_TEXT = st.text(
    st.one_of(
        st.sampled_from("&#;x\x00\x01\n\t<>\"' é👍😆\ud83d\ufffe\uffff"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=30,
)


def legal(text: str) -> str:
    kept = (c for c in text if c in "\t\n\r" or (ord(c) >= 32 and ord(c) not in (0xFFFE, 0xFFFF)))
    return "".join(kept)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(ODD_TEXT, min_size=1, max_size=4), st.integers(1, 40))
def test_any_text_is_read_back_wherever_the_pieces_are_cut(bodies: list[str], size: int) -> None:
    bodies = [body.replace("\ud83d", "") for body in bodies]
    records = "".join(
        f'<sms address="1234567" date="{START}" type="2" body="{write_like_old_versions(body)}" />'
        for body in bodies
    )
    content = f"<smses>{records}</smses>".encode()
    file = ExportFile("sms.xml", 0, lambda: cast(BinaryIO, Slow(content, size)))
    found = messages(list(sms_xml.read([file], UTC)))
    assert [m.text for m in found] == [clean_text(legal(body)) for body in bodies]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("&#55357;&#56838;", "😆"),
        ("&#xD83D;&#xDE06;", "😆"),
        ("&#55357;&#55357;&#56838;", "😆"),
        ("a&#55357;b", "ab"),
        ("a&#56838;b", "ab"),
        ("a&#0;&#31;&#x1;b", "ab"),
        ("a&#10;b", "a\nb"),
        ("&#55100;&#128518;", "휼😆" if chr(55100) == "휼" else chr(55100) + "😆"),
        ("Tom & Jerry", "Tom & Jerry"),
        ("&lol; &nbsp;", "&lol; &nbsp;"),
        ("&#99999999;", "&#99999999;"),
        ("a\x07b", "ab"),
    ],
)
def test_mends(written: str, meant: str) -> None:
    assert texts(backup(sms("HERE").replace("HERE", written))) == [meant]


def test_a_damaged_character_costs_no_more_than_itself() -> None:
    data = backup(sms("aHEREb"), sms("c")).encode().replace(b"HERE", b"\xff")
    assert texts(data) == ["a\ufffdb", "c"]


def test_words_that_look_like_a_picture_stay() -> None:
    said = 'say data="x" and data="' + "a b " * 100
    assert only(sms(said)).text == said.strip()
    assert only(f"<sms address='1' date='{START}' type='2' body='set data=\"x\" now' />").text == (
        'set data="x" now'
    )


# --- Hostile and broken files -----------------------------------------------------------------

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPES = [
    f'<!DOCTYPE smses [<!ENTITY l0 "lol">{LAUGHS}]>',
    '<!DOCTYPE smses [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE smses SYSTEM "http://127.0.0.1:9/x.dtd">',
    '<!DOCTYPE smses [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>',
]


@pytest.mark.parametrize("doctype", DOCTYPES)
def test_entities_are_refused_with_one_line(doctype: str) -> None:
    items = read(f'<?xml version="1.0"?>{doctype}<smses>{sms("&l9;&x;")}</smses>')
    assert not messages(items)
    [error] = errors(items)
    assert "document type" in error.why


BROKEN_RECORDS = [
    sms(date=None), sms(date="yesterday"), sms(date=-5), sms(date=0), sms(date="9" * 5_000),
    sms(type=None), sms(type=7), mms(words("x"), msg_box=None), mms(words("x"), date=""),
    '<sms address="1" body="no end />', '<sms address="1" date=5 />', "<sms a='1' a='2' />",
    "<mms date='1704100000000'><parts></mms>", "<sms <sms/>", "<mms><parts><part text='<'/></parts></mms>",
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN_RECORDS, ids=range(len(BROKEN_RECORDS)))
def test_a_broken_record_is_one_error_and_stops_nothing(broken: str) -> None:
    items = read(backup(sms("a"), broken, sms("b", date=START + 1), sms("c", date=START + 2)))
    assert [message.text for message in messages(items)][-2:] == ["b", "c"]
    assert messages(items)[0].text == "a"
    assert sum(error.records for error in errors(items)) >= 1


@pytest.mark.parametrize("size", [1, 7, 1 << 16])
def test_damage_is_survived_wherever_the_pieces_are_cut(size: int) -> None:
    content = backup(sms("a"), '<sms body="', sms("b"), "</oops>", sms("c"), mms("<part"), sms("d"))
    file = ExportFile("sms.xml", 0, lambda: cast(BinaryIO, Slow(content.encode(), size)))
    items = list(sms_xml.read([file], UTC))
    assert [message.text for message in messages(items)] == ["a", "b", "c", "d"]


def test_everything_before_the_cut_is_read() -> None:
    content = backup(*(sms(f"m{n}", date=START + n) for n in range(500)))
    items = read(content[: content.index("m400")])
    assert [message.text for message in messages(items)] == [f"m{n}" for n in range(400)]
    assert [error.records for error in errors(items)] == [1, 0]
    assert "breaks off" in str(errors(items)[1])


def test_two_backups_in_one_file_are_both_read() -> None:
    assert texts(backup(sms("a")) + "\n" + backup(sms("b"))) == ["a", "b"]


def test_a_count_that_is_not_met_is_noted() -> None:
    [note] = errors(read(backup(sms("a"), count=3)))
    assert note.is_note
    assert "3" in note.why


@pytest.mark.parametrize("inside", ["<x>" * 50_000, "<mms>" * 3_000, "<parts>" * 50_000])
def test_absurd_nesting_ends(inside: str) -> None:
    read(f"<smses>{inside}")


def test_memory_does_not_grow_with_the_file() -> None:
    class Endless(io.RawIOBase):
        """Thirty pictures of three megabytes, made while they are read."""

        def __init__(self) -> None:
            self._pieces = self._make()

        def _make(self) -> Iterator[bytes]:
            yield b"<smses>"
            for number in range(30):
                part = element("part", ct="image/jpeg", cl="p.jpg", text="null")
                start, end = mms(part, words(f"look {number}")).split(" />", 1)
                yield f'{start} data="'.encode()
                yield from [b"QUJD" * 15_000] * 50
                yield f'" />{end}'.encode()
            yield b"</smses>"

        def read(self, size: int = -1) -> bytes:
            return next(self._pieces, b"")

    file = ExportFile("sms.xml", 0, lambda: cast(BinaryIO, Endless()))
    tracemalloc.start()
    found = messages(list(sms_xml.read([file], UTC)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [message.text for message in found] == [f"look {number}" for number in range(30)]
    assert found[0].attachments == (Attachment("photo", "p.jpg", "image/jpeg"),)
    assert peak < 3_000_000


# --- Who --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "is_me", "draft"),
    [
        (sms(type=1), False, False), (sms(type=2), True, False), (sms(type=3), True, True),
        (sms(type=4), True, False), (sms(type=5), True, False), (sms(type=6), True, False),
        (mms(words("x"), msg_box=1), False, False), (mms(words("x"), msg_box=2), True, False),
        (mms(words("x"), msg_box=3), True, True), (mms(words("x"), msg_box=None, m_type=128), True, False),
        (mms(words("x"), msg_box="null", m_type=132), False, False),
    ],
)  # fmt: skip
def test_direction(record: str, is_me: bool, draft: bool) -> None:
    message = only(record)
    assert (message.is_me, message.draft) == (is_me, draft)
    assert message.sender_id == ("me" if is_me else "15550001")


@pytest.mark.parametrize(
    "spellings",
    [
        ["+15550001", "+1 (555) 000-1", "001-555-0001"],
        ["+49 170 1234567", "0170 1234567", "0170/1234567"],
        ["12345", "12345"],
        ["VODAFONE", "Vodafone"],
        ["zoe@example.org", "ZOE@example.org"],
    ],
)
def test_spellings_of_one_number_are_one_conversation(spellings: list[str]) -> None:
    found = messages(read(backup(*(sms(address=one) for one in spellings))))
    assert len({message.conversation_id for message in found}) == 1
    assert len({message.sender_id for message in found}) == 1


def test_numbers_of_two_countries_that_end_alike_are_two() -> None:
    found = messages(read(backup(sms(address="+49170123456"), sms(address="+33170123456"))))
    assert len({message.conversation_id for message in found}) == 2


@pytest.mark.parametrize("name", [None, "null", "(Unknown)", "(Unbekannt)", ""])
def test_who_is_not_in_the_contacts_goes_by_the_number(name: str | None) -> None:
    message = only(sms(contact_name=name))
    assert (message.conversation_title, message.sender_name) == ("+15550001", "+15550001")


@pytest.mark.parametrize("address", [None, "", "null"])
def test_a_draft_to_nobody_is_kept(address: str | None) -> None:
    message = only(sms(type=3, address=address, contact_name=None))
    assert (message.conversation_id, message.text) == ("sms:unknown", "hi")


@pytest.mark.parametrize(
    "joined", ["+15550001~+15550002", "+15550001;+15550002", "+15550002,+15550001"]
)
def test_groups(joined: str) -> None:
    addresses = addr("+15550002", 137) + addr("+15550001", 151) + addr("insert-address-token", 151)
    group = mms(words("x"), address=joined, contact_name="Zoë, Ali", addresses=addresses)
    known = sms(address="+15550002", contact_name="Ali")
    found = messages(read(backup(known, group)))[1]
    assert found.is_group
    assert found.conversation_id == "sms:15550001,15550002"
    assert (found.sender_id, found.sender_name) == ("15550002", "Ali")
    assert found.conversation_title == "Zoë, Ali"


def test_the_owners_number_is_no_partner() -> None:
    mine = mms(words("x"), msg_box=2, addresses=addr("+15559999", 137) + addr("+15550001", 151))
    everybody = addr("+15550001", 137) + addr("+15550002", 151) + addr("+15559999", 151)
    group = mms(words("y"), address="null", contact_name=None, addresses=everybody)
    found = messages(read(backup(mine, group)))
    assert found[1].conversation_id == "sms:15550001,15550002"
    assert found[1].sender_id == "15550001"


def test_a_received_mms_without_addresses_is_with_its_sender() -> None:
    pair = addr("+15550001", 137) + addr("+15559999", 151)
    message = only(mms(words("y"), address=None, contact_name=None, addresses=pair))
    assert (message.conversation_id, message.is_group) == ("sms:15550001", False)


def test_a_group_message_whose_sender_is_left_out_is_still_not_mine() -> None:
    message = only(mms(words("x"), address="+15550001~+15550002", contact_name=None))
    assert (message.is_me, message.sender_id) == (False, "unknown")


# --- What -------------------------------------------------------------------------------------

PHOTO = element("part", seq=0, ct="image/jpeg", name="p.jpg", cl="null", text="null", data=PICTURE)
SMIL = element("part", seq=-1, ct="application/smil", text="<smil>words</smil>")
CARD = element("part", seq=0, ct="text/x-vCard", cl="zoe.vcf", text="BEGIN:VCARD")


@pytest.mark.parametrize(
    ("record", "kind", "text"),
    [
        (sms("hi"), "text", "hi"),
        (sms("null"), "empty", ""),
        (sms(""), "empty", ""),
        (mms(SMIL, words("a"), PHOTO, words("b")), "text", "a\nb"),
        (mms(PHOTO), "media", ""),
        (mms(CARD), "contact", ""),
        (mms(SMIL), "empty", ""),
        (mms(), "empty", ""),
        (mms(words("null")), "empty", ""),
        (mms(words("a"), sub="Party"), "text", "Party\na"),
        (mms(words("a"), sub="NoSubject"), "text", "a"),
        (mms(sub="GrÃ¼Ã\x9fe"), "text", "Grüße"),
        (sms("Loved “see you at 5”"), "reaction_notice", ""),
        (sms("Laughed at an image", type=2), "reaction_notice", ""),
        (sms("Removed a heart from “hm”"), "reaction_notice", ""),
        (sms("👍 to “see you”"), "reaction_notice", ""),
        (sms("Reacted 😂 to “see you”"), "reaction_notice", ""),
        (sms("Loved it"), "text", "Loved it"),
        (sms("Liked the “new” one"), "text", "Liked the “new” one"),
        (sms("you said “ok”"), "text", "you said “ok”"),
    ],
    ids=lambda value: None,
)  # fmt: skip
def test_kinds(record: str, kind: str, text: str) -> None:
    message = only(record)
    assert (message.kind, message.text) == (kind, text)


def test_a_reaction_in_another_language_is_known_by_what_it_quotes() -> None:
    quoting = "Hat „Komme um 5 vorbei, bring Kuch…“ geliebt"
    mine = sms("Komme um 5 vorbei, bring Kuchen mit", type=2)
    found = messages(read(backup(mine, sms(quoting), sms("Hat „ganz anderes“ geliebt"))))
    assert [message.kind for message in found] == ["text", "reaction_notice", "text"]


def test_an_mms_that_came_twice_is_one_message() -> None:
    items = read(backup(mms(words("x"), m_id="a"), mms(words("x"), m_id="a"), mms(words("x"))))
    assert [message.text for message in messages(items)] == ["x", "x"]
    assert [error.records for error in errors(items)] == [1]


def test_the_call_log_is_read_beside_the_texts() -> None:
    calls = (
        '<calls count="2">'
        + element("call", number="+15550001", duration=5, date=START, type=2, contact_name="Zoë")
        + element("call", number="+15550001", duration=0, date=START, type=3, contact_name="Zoë")
        + "</calls>"
    )
    found = messages(read(calls))
    assert [(m.kind, m.is_me, m.conversation_id) for m in found] == [
        ("call", True, "sms:15550001"), ("call", False, "sms:15550001"),
    ]  # fmt: skip


def test_newest_first_and_oldest_first_have_the_same_order() -> None:
    records = [sms(f"m{n}", date=START + 1000 * n) for n in range(5)]
    for order in (records, records[::-1]):
        found = sorted(messages(read(backup(*order))), key=lambda message: message.seq)
        assert [message.text for message in found] == [f"m{n}" for n in range(5)]


# --- Which files are these --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "is_backup"),
    [
        (b"<smses count='1'>", True),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?><!-- a & b --><smses>", True),
        ("\ufeff<?xml version='1.0'?><smses count='1'>".encode("utf-16-le"), True),
        (b"<calls count='1'>", True),
        (b"<html><body><smses>", False),
        (b"<?xml version='1.0'?><feed>", False),
        (b"text about <smses >", False),
        (bytes(range(256)) * 9, False),
        (b"", False),
    ],
)
def test_recognises(head: bytes, is_backup: bool) -> None:
    assert sms_xml.recognises(as_file(head, "x.bin"), head) == is_backup


def test_pictures_never_reach_the_parser() -> None:
    content = backup(mms(PHOTO)).encode()
    assert len(b"".join(repair(io.BytesIO(content)))) < 1_000
