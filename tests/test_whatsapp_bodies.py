"""What WhatsApp puts in place of pictures, calls and deleted words never becomes text."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talklikeme.messages import clean_text
from tests.whatsapp_kit import LRM, android, ios


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<Media omitted>", "media"), ("<Medien ausgeschlossen>", "media"), ("<Archivo omitido>", "media"),
        ("<Без медиафайлов>", "media"), ("<تم استبعاد الوسائط>", "media"), ("<メディアなし>", "media"),
        ("<Video message omitted>", "media"), ("<View once voice message omitted>", "media"),
        ("null", "media"), ("", "empty"), (".", "empty"), (":.", "empty"), (f"{LRM}", "empty"),
        ("IMG-20240115-WA0001.jpg (file attached)", "media"), ("Plan v2.pdf (Datei angehängt)", "media"),
        (f"{LRM}foto.png (kaj konata)", "media"), ("IMG-20240115-WA0001.jpg (kaj konata)", "media"),
        ("STK-20240115-WA0001.webp (archivo adjunto)", "sticker"), ("Bob.vcf (file attached)", "contact"),
        ("This message was deleted", "deleted"), ("Se eliminó este mensaje.", "deleted"),
        ("This message was deleted by admin Bob", "deleted"), ("You deleted this message", "deleted"),
        ("location: https://maps.google.com/?q=48.1374,11.5755", "location"),
        ("Standort: https://foursquare.com/v/4b0588", "location"), ("live location shared", "location"),
        ("POLL:\nPizza?\nOPTION: yes (2 votes)\nOPTION: no (0 votes)", "poll"),
        ("UMFRAGE:\nPizza?\nOPTION: Ja (1 Stimme)", "poll"),
        ("Waiting for this message. This may take a while.", "empty"),
        ("Missed voice call", "call"),
    ],
)  # fmt: skip
def test_android_placeholders(body: str, kind: str) -> None:
    (message,) = android(body)
    assert (message.kind, message.text, message.sender_name) == (kind, "", "Ann")


@pytest.mark.parametrize(
    ("body", "kind", "attachment"),
    [
        ("image omitted", "media", "image"), ("Image omitted", "media", "image"), ("GIF omitted", "media", "gif"),
        ("sticker omitted", "sticker", "sticker"), ("Contact card omitted", "contact", "contact"),
        ("Bild weggelassen", "media", "image"), ("video omitido", "media", "video"), ("audio omis", "media", "audio"),
        ("vidéo absente", "media", "video"), ("figurinha omitida", "sticker", "sticker"),
        (f"A plan.pdf • {LRM}3 pages {LRM}document omitted", "media", "document"),
        ("<attached: 00000042-PHOTO-2024-01-15-09-01-02.jpg>", "media", "image"),
        ("<Anhang: 00000042-STICKER-2024-01-15-09-01-02.webp>", "sticker", "sticker"),
        ("<kunmetita: 00000007-x.opus>", "media", "audio"),
        (f"Title.pdf • 1 page {LRM}<attached: 00000042-Title.pdf>", "media", "document"),
        (f"2015-10-21-PHOTO-00000012.jpg <{LRM}attached>", "media", "image"),
        ("Missed voice call", "call", None), (f"Missed video call. {LRM}Tap to call back", "call", None),
        (f"Voice call, {LRM}5 min", "call", None), ("Video call. No answer", "call", None),
        (f"Sprachanruf, {LRM}5 Min.", "call", None), ("Silenced voice call", "call", None),
        ("Live-Standort wird geteilt", "location", None), ("This message was deleted.", "deleted", None),
        (f"POLL:\nPizza?\n{LRM}OPTION: yes (2 votes)", "poll", None),
    ],
)  # fmt: skip
def test_ios_placeholders(body: str, kind: str, attachment: str | None) -> None:
    (message,) = ios(LRM + body)
    assert (message.kind, message.text, message.sender_name) == (kind, "", "Ann")
    assert [item.kind for item in message.attachments] == ([attachment] if attachment else [])


@pytest.mark.parametrize(
    "text",
    [
        "audio omitted", "I said audio omitted, not video", "image omitted\nby the editor", "a.b (c)",
        "see example.com (great)", "null points", "<3", "<b>", "Voice call, later?", "Video call",
        "Media omitted", "POLL:", "TODO:\nmilk (2)", "note: https://example.org/?q=1,2", "so: <x: y.z>",
        "This message was deleted by admin", "You deleted this message?", "if a<b and b>c", "..", "10:15",
    ],
)  # fmt: skip
def test_what_people_type_stays(text: str) -> None:
    (message,) = ios(text)
    if text == "audio omitted":  # the whole body, without the mark that old iPhones did not write
        assert message.kind == "media"
        return
    assert (message.kind, message.text, message.edited) == ("text", text, False)


def test_null_is_a_word_on_an_iphone() -> None:
    assert ios("null")[0].text == "null"


def test_captions_are_kept() -> None:
    messages = android(
        "IMG-20240115-WA0001.jpg (file attached)\nlook\nat this",
        "<Media omitted>\nlook",
        f"caption {LRM}<attached: 00000001-PHOTO-2024-01-15-09-01-02.jpg>",
    )
    assert [(m.kind, m.text, len(m.attachments)) for m in messages] == [
        ("text", "look\nat this", 1), ("text", "look", 1), ("text", "caption", 1)
    ]  # fmt: skip
    assert messages[0].attachments[0].path == "IMG-20240115-WA0001.jpg"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (f"yes! {LRM}<This message was edited>", "yes!"),
        ("yes! <This message was edited.>", "yes!"),
        (f"ja {LRM}<Diese Nachricht wurde bearbeitet.>", "ja"),
        (f"jes {LRM}<Ĉi tiu mesaĝo estis redaktita>", "jes"),
        (f"a\nb {LRM}<This message was edited>", "a\nb"),
    ],
)
def test_edited(body: str, text: str) -> None:
    (message,) = ios(body)
    assert (message.kind, message.text, message.edited) == ("text", text, True)


def test_only_the_deleter_is_me() -> None:
    messages = android("You deleted this message", "This message was deleted", "hi")
    assert [(message.is_me, message.deleted) for message in messages] == [
        (True, True),
        (None, True),
        (None, False),
    ]


def test_placeholders_of_unknown_languages_show_by_repetition() -> None:
    bodies = [
        "<dosiero mankas>",
        "<dosiero mankas>",
        f"{LRM}bildo mankas",
        f"{LRM}bildo mankas",
        "<sola>",
        "ok",
        "ok",
    ]
    assert [message.kind for message in ios(*bodies)] == ["media"] * 4 + ["text"] * 3


def test_mentions_and_formatting() -> None:
    assert android("*hi* @\u2068Bob\u2069 👨‍👩‍👧")[0].text == "*hi* @Bob 👨‍👩‍👧"


ANY_CHARACTER = st.one_of(
    st.characters(exclude_categories=()),
    st.sampled_from(
        "\u200e\u200f\u202a\u202e\u2066\u2069\ufeff\ud800\udfff\r\n \u200d\u0301e\u1100\u1161"
    ),
)


@given(st.text(ANY_CHARACTER))
@settings(derandomize=True, max_examples=300, deadline=None)
def test_cleaning_takes_out_what_it_should(text: str) -> None:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = re.sub("[\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]", "", plain)
    assert clean_text(text) == unicodedata.normalize("NFC", plain).strip()
