"""SMS Backup+: what a user would miss if it went wrong."""

import base64
import tracemalloc
from typing import Any

import pytest

from talklikeme.exports import sms_mbox
from talklikeme.exports.items import Item
from talklikeme.messages import Attachment, Message
from tests.test_sms_xml import START, UTC, as_file, backup, errors, messages, sms
from tests.test_sms_xml import read as read_with

SEPARATOR = "From 1787@xxx Mon Jan 01 10:06:40 +0000 2024"
ME = "me@example.org"
ZOE = '"Zoë" <+15550001@unknown.email>'


def mail(body: str = "hi", **fields: Any) -> str:
    """A mail of the app; a field that is None is left out."""
    headers = {
        "x_smssync_datatype": "SMS", "x_smssync_address": "+15550001", "x_smssync_type": 1,
        "x_smssync_date": START, "x_smssync_thread": 4, "from": ZOE, "to": ME,
        "subject": "SMS with Zoë", "content_type": "text/plain; charset=utf-8",
    }  # fmt: skip
    lines = [
        f"{name.replace('_', '-').title()}: {value}"
        for name, value in (headers | fields).items()
        if value is not None
    ]
    return "\n".join([SEPARATOR, *lines, "", body, "", ""])


def mms(*parts: str, **fields: Any) -> str:
    inside = "".join(f"--b\n{part}\n" for part in parts) + "--b--"
    kind = 'multipart/mixed; boundary="b"'
    given = {"x_smssync_type": 132, "x_smssync_date": START // 1000, "content_type": kind}
    return mail(inside, **{"x_smssync_datatype": "MMS"} | given | fields)


def read(*mails: str) -> list[Item]:
    return read_with("".join(mails), reader=sms_mbox)


def only(*mails: str) -> Message:
    [message] = messages(read(*mails))
    return message


TEXT = "Content-Type: text/plain; charset=utf-8\n\nlook"
PHOTO = (
    'Content-Type: image/jpeg; name="p.jpg"\nContent-Disposition: attachment; filename="p.jpg"\n'
    "Content-Transfer-Encoding: base64\n\nQUJD"
)


@pytest.mark.parametrize(
    ("raw", "is_me", "kind", "text"),
    [
        (mail(), False, "text", "hi"),
        (mail(x_smssync_type=2, **{"from": ME, "to": ZOE}), True, "text", "hi"),
        (mail(x_smssync_type=5, **{"from": ME, "to": ZOE}), True, "text", "hi"),
        (mail(""), False, "empty", ""),
        (mail("Loved “ok”"), False, "reaction_notice", ""),
        (mms(TEXT, PHOTO), False, "text", "look"),
        (mms(PHOTO), False, "media", ""),
        (mms(TEXT, x_smssync_type=128, **{"from": ME, "to": ZOE}), True, "text", "look"),
        (mail("a call", x_smssync_datatype="CALLLOG", x_smssync_type=2), True, "call", ""),
        (mail("a call", x_smssync_datatype="CALLLOG", x_smssync_type=3), False, "call", ""),
    ],
    ids=lambda value: None,
)
def test_kinds(raw: str, is_me: bool, kind: str, text: str) -> None:
    message = only(raw)
    assert (message.is_me, message.kind, message.text) == (is_me, kind, text)
    assert message.ts.timestamp() * 1000 == START


def test_a_picture_is_named_and_not_kept() -> None:
    assert only(mms(PHOTO)).attachments == (Attachment("photo", "p.jpg", "image/jpeg"),)


@pytest.mark.parametrize(
    ("fields", "body", "text"),
    [
        ({"content_transfer_encoding": "quoted-printable"}, "caf=C3=A9 =\nat 5", "café at 5"),
        ({"content_transfer_encoding": "base64"}, base64.b64encode("käse".encode()).decode(), "käse"),
        ({"content_type": "text/plain; charset=bogus"}, "é", "é"),
        ({"content_type": None}, "é", "é"),
        ({}, ">From me\n>>From you\nFrom us", "From me\n>From you\nFrom us"),
        ({}, "a\n\nb", "a\n\nb"),
        ({"subject": "SMS with\n a very long name"}, "x", "x"),
    ],
)  # fmt: skip
def test_texts(fields: dict[str, Any], body: str, text: str) -> None:
    assert [message.text for message in messages(read(mail(body, **fields), mail("next")))] == [
        text, "next",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"from": "=?UTF-8?Q?Zo=C3=AB?= <zoe@example.org>"}, "Zoë"),
        ({"from": '"Zoë (+15550001)" <+15550001@unknown.email>'}, "Zoë"),
        ({"from": "+15550001 <+15550001@unknown.email>"}, "+15550001"),
        ({"from": "+15550001@unknown.email", "subject": "[SMS] Zoë"}, "Zoë"),
        ({"from": "=?bogus?Q?Zo?= <x@example.org>"}, "=?bogus?Q?Zo?="),
    ],
)
def test_names(fields: dict[str, str], name: str) -> None:
    message = only(mail(**fields))
    assert (message.conversation_id, message.sender_name) == ("sms:15550001", name)


def test_a_group_is_known_from_what_the_owner_sent_to_it() -> None:
    both = f"{ZOE}, <+15550002@unknown.email>"
    sent = mms(TEXT, x_smssync_type=128, **{"from": ME, "to": both})
    answer = mms(TEXT, x_smssync_address="+15550002")
    found = messages(read(sent, answer, mail(x_smssync_thread=5)))
    assert [(message.conversation_id, message.is_group) for message in found] == [
        ("sms:15550001,15550002", True), ("sms:15550001,15550002", True), ("sms:15550001", False),
    ]  # fmt: skip
    assert found[1].sender_id == "15550002"


def test_other_mails_are_passed_over() -> None:
    other = mail("Buy now", x_smssync_datatype=None) + mail(
        "X-smssync-datatype: SMS", x_smssync_datatype=None
    )
    assert [message.text for message in messages(read(mail("a"), other, mail("b")))] == ["a", "b"]


@pytest.mark.parametrize(
    "broken",
    [
        mail(x_smssync_type=None), mail(x_smssync_type=9), mail(x_smssync_datatype="FAX"),
        mail(x_smssync_date=None), mail(x_smssync_date="-1"), mail(x_smssync_date="x", date="y"),
        mail("QUJ", content_transfer_encoding="base64"), mail(x_smssync_date="9" * 5_000),
        mms(TEXT, content_type="multipart/mixed; boundary=b", x_smssync_type=7),
    ],
    ids=range(9),
)  # fmt: skip
def test_a_broken_mail_is_one_error_and_stops_nothing(broken: str) -> None:
    items = read(mail("a"), broken, mail("b"))
    assert [message.text for message in messages(items)] == ["a", "b"]
    assert [(error.records, error.line) for error in errors(items)] == [(1, 1)]


def test_the_mails_own_date_stands_in_for_the_phones() -> None:
    message = only(mail(x_smssync_date=None, date="Mon, 01 Jan 2024 11:06:40 +0200"))
    assert message.ts.isoformat() == "2024-01-01T09:06:40+00:00"


@pytest.mark.parametrize(
    "kind", ["multipart/mixed", "multipart/mixed; boundary=", 'multipart/x; boundary=""']
)
def test_parts_that_are_none_lose_nothing_else(kind: str) -> None:
    items = read(mail("x", content_type=kind), mail("b"))
    assert messages(items)[-1].text == "b"


def test_parts_nested_without_end_are_one_error() -> None:
    deep = "".join(
        f'--b{n}\nContent-Type: multipart/mixed; boundary="b{n + 1}"\n\n' for n in range(3_000)
    )
    items = read(mail(deep, content_type='multipart/mixed; boundary="b0"'), mail("b"))
    assert messages(items)[-1].text == "b"


def test_one_mail_is_held_at_a_time() -> None:
    data = "".join(mail("x" * 10_000) for _ in range(300)).encode()
    tracemalloc.start()
    count = sum(isinstance(item, Message) for item in sms_mbox.read([as_file(data)], UTC))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 300
    assert peak < 1_000_000


def test_a_mailbox_and_a_backup_of_one_phone_agree() -> None:
    [mailed] = messages(read(mail()))
    [saved] = messages(read_with(backup(sms(contact_name="Zoë"))))
    for name in ("conversation_id", "sender_id", "sender_name", "ts", "seq", "kind", "text"):
        assert getattr(mailed, name) == getattr(saved, name)


@pytest.mark.parametrize(
    ("head", "is_mailbox"),
    [
        (mail().encode(), True),
        (b"From x Mon Jan 01 10:06:40 2024\nSubject: hi\n\nX: y", False),
        (b"X-smssync-datatype: SMS\n\nhi", False),
        (b"", False),
        (bytes(range(256)) * 9, False),
    ],
)
def test_recognises(head: bytes, is_mailbox: bool) -> None:
    assert sms_mbox.recognises(as_file(head, "SMS.mbox"), head) == is_mailbox
