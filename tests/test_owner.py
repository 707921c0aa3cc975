"""Who is me: what the export says, then --me, then structure, else a question with the candidates."""

from collections.abc import Sequence

import pytest

from talklikeme.errors import OwnerError
from talklikeme.messages import Message
from talklikeme.owner import identify_owner, mark_owner
from tests.chats import said, surveyed


def chat(name: str, *speakers: str, platform: str = "whatsapp", **fields: object) -> list[Message]:
    """A conversation in which nobody is known to be me."""
    return [
        said(
            who,
            "hi",
            "10:00",
            conversation_id=name,
            conversation_title=name.title(),
            platform=platform,
            **({"is_me": None} | fields),
        )
        for who in speakers
    ]


def settle(messages: list[Message], me: Sequence[str] = ()) -> list[Message]:
    """The messages with `is_me` filled in."""
    owners = identify_owner(surveyed(messages), me)
    return [mark_owner(message, owners) for message in messages]


def mine(messages: list[Message]) -> set[str]:
    return {message.sender_id for message in messages if message.is_me}


def test_the_only_person_in_all_chats_is_me() -> None:
    messages = chat("zoe", "zoe", "kim") + chat("bo", "kim", "bo") + chat("crew", "bo", "kim", "al")
    settled = settle(messages)

    assert mine(settled) == {"kim"}
    assert all(message.is_me is not None for message in settled)


def test_in_one_chat_the_one_who_is_not_its_title_is_me() -> None:
    assert mine(settle(chat("zoe", "zoe", "kim"))) == {"kim"}


def test_the_given_name_is_matched_whatever_its_spelling() -> None:
    messages = chat("x", "kim", "zoe")
    messages[0] = said("kim", "hi", "10:00", sender_name="\u202aKim BERG\u202c", is_me=None)
    assert mine(settle(messages, ["kim berg"])) == {"kim"}


def test_the_owner_that_one_app_states_is_known_in_the_others() -> None:
    stated = [said("u1", "hi", "10:00", sender_name="Kim", platform="telegram", is_me=True)]
    assert mine(settle(stated + chat("crew", "kim", "zoe", "bo"))) == {"u1", "kim"}


def test_one_message_that_only_i_can_have_makes_all_of_that_sender_mine() -> None:
    messages = chat("crew", "zoe", "kim", "bo", "kim") + chat("crew", "kim", is_me=True)
    settled = settle(messages)
    assert [message.is_me for message in settled] == [False, True, False, True, True]


def test_an_unclear_owner_is_asked_for_with_the_candidates() -> None:
    with pytest.raises(
        OwnerError, match=r"--me NAME; the people there: Kim \(2\), Zoe \(1\), Bo \(1\)"
    ):
        settle(chat("crew", "kim", "zoe", "bo", "kim"))


def test_a_name_that_is_nobody_is_told() -> None:
    with pytest.raises(OwnerError, match=r'"Ann" is nobody in the whatsapp chats.*Kim \(1\)'):
        settle(chat("crew", "kim", "zoe", "bo"), ["Ann"])


def test_exports_without_a_message_of_mine_are_told() -> None:
    with pytest.raises(OwnerError, match=r"no message of yours in these exports.*Zoe \(2\)"):
        settle(chat("zoe", "zoe", "zoe", is_me=False))
