"""Who writes in a WhatsApp chat, and what the app itself says there."""

import pytest

from tests.whatsapp_kit import E2E, LRM, android, chat, ios, said

# Authors.


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("Ann: b: c", ("Ann", "b: c")),
        ("Ann:", ("Ann", "")),
        ("Ann: ", ("Ann", "")),
        ("🌵 Ann & Bob - x: hi", ("🌵 Ann & Bob - x", "hi")),
        ("\u202a+49\u00a0170\u00a01234567\u202c: hi", ("+49 170 1234567", "hi")),
        ("~\u202fAnn: hi", ("Ann", "hi")),
        ("~ Ann: hi", ("Ann", "hi")),
        ("Ann http://x.y", ("", "Ann http://x.y")),
        (
            "You changed the subject to “Trip: Rome”",
            ("", "You changed the subject to “Trip: Rome”"),
        ),
        ("x" * 101 + ": y", ("", "x" * 101 + ": y")),
    ],
)
def test_authors(rest: str, expected: tuple[str, str]) -> None:
    (message,) = chat(f"28/12/2019, 21:43 - {rest}\n")
    assert said([message]) == [expected]
    assert message.system == (expected[0] == "")


def test_a_name_with_a_colon_is_known_by_its_number() -> None:
    lines = [
        "Kim: work: hi",
        "Kim: work: PS: x",
        "Kim: work:",
        "Kim: work left",
        "Bob: a: b",
        "Bob: a: c",
    ]
    messages = chat("".join(f"28/12/2019, 21:43 - {line}\n" for line in lines))
    assert said(messages) == [
        ("Kim: work", "hi"), ("Kim: work", "PS: x"), ("Kim: work", ""), ("", "Kim: work left"),
        ("Bob", "a: b"), ("Bob", "a: c"),
    ]  # fmt: skip


def test_a_push_name_like_a_contact_is_another_person() -> None:
    messages = chat("[28.12.19, 21:43:05] Ann: x\n[28.12.19, 21:43:05] ~\u202fAnn: y\n")
    assert len({message.sender_id for message in messages}) == 2


def test_spellings_of_one_name_are_one_sender() -> None:
    messages = chat("[28.12.19, 21:43:05] Zoe\u0301: x\n[28.12.19, 21:43:05] Zo\u00e9: y\n")
    assert len({message.sender_id for message in messages}) == 1
    assert messages[0].participants == ("Zoé",)


def test_text_may_begin_on_the_next_line() -> None:
    assert said(chat("28/12/2019, 21:43 - Ann:\nhello\n")) == [("Ann", "hello")]


# What WhatsApp says itself.


def ios_chat(*pairs: tuple[str, str]) -> str:
    return "".join(f"[28.12.19, 21:43:05] {author}: {body}\r\n" for author, body in pairs)


def test_notices_under_a_groups_name() -> None:
    messages = chat(
        ios_chat(
            ("Trip", f"{LRM}{E2E}"),
            ("Ann", f"{LRM}Ann created group “Trip”"),
            ("Trip", f"{LRM}Jotain jota emme osaa"),
            ("Ann", "Ann left the house"),
            ("Bob", f"{LRM}Bob Ann hinzugefügt"),
            ("Bob", "hi"),
        ),
        "_chat.txt",
    )
    assert [message.system for message in messages] == [True, True, True, False, True, False]
    assert {message.sender_id for message in messages if message.system} == {""}
    assert messages[0].participants == ("Ann", "Bob")
    assert messages[0].is_group


def test_a_partner_is_no_group_name() -> None:
    messages = chat(
        ios_chat(
            ("Ann", f"{LRM}{E2E}"), ("Ann", "hi"), ("Bob", "hello"), ("Ann", f"{LRM}image omitted")
        ),
        "WhatsApp Chat - Ann.txt",
    )
    assert [message.kind for message in messages] == ["system", "text", "text", "media"]
    assert (messages[0].is_group, messages[0].participants) == (False, ("Ann", "Bob"))


def test_a_partner_stays_a_person_even_with_three_names() -> None:
    messages = chat(
        ios_chat(
            ("Ann", f"{LRM}{E2E}"), ("Ann", "one"), ("Bob", "x"), ("Bobby", "y"), ("Ann", "two")
        ),
        "WhatsApp Chat - Ann.txt",
    )
    assert [message.text for message in messages if message.sender_name == "Ann"] == ["one", "two"]


@pytest.mark.parametrize(
    "sentence",
    [
        E2E,
        "Ann updated the message timer. New messages will disappear from this chat 24 hours after they're sent, except when kept.",
        "Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt. Niemand außerhalb dieses Chats …",
        "Os meus",
    ],
)
def test_android_notices_with_an_author(sentence: str) -> None:
    (message,) = android(sentence)
    assert message.system == (sentence != "Os meus")


@pytest.mark.parametrize(
    "text",
    [
        "Ann left, I joined and Bob added nothing",
        "did you hear that Messages and calls are end-to-end encrypted?",
        "WhatsApp says: security code changed",
        "You created group chaos",
    ],
)
def test_people_may_write_about_notices(text: str) -> None:
    (message,) = ios(text)
    assert (message.system, message.text) == (False, text)


def test_groups_show_in_their_notices() -> None:
    text = "28/12/2019, 21:43 - {}\n28/12/2019, 21:43 - Bob: hi\n"
    assert chat(text.format("Bob created group “x”"))[0].is_group
    assert not chat(text.format(E2E))[0].is_group
    assert chat(text.format(E2E))[0].text == E2E
