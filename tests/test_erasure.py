"""What is forgotten is gone from the file, byte by byte, and is not answered again."""

from pathlib import Path

import pytest

from talklikeme.channels.deletion import confirmation_code, read_signed_request
from talklikeme.events import Kind
from talklikeme.store.erasure import DAY_MS, find_friends, forget_friend, retain
from tests.store_kit import FRIEND, FRIEND_HERE, Post


def read_files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("state.db*"))


def chat(post: Post) -> None:
    post.replier.answer = lambda text: [f"i heard {text}"]
    post.say("plantedquestion", mid="m_1")
    post.say("strangersword", friend="123")
    loved = {"action": "react", "reaction": "plantedlove"}
    post.hear(post.event(Kind.REACTION, "r_1", target="m_out1", details=loved))


def test_a_forgotten_friend_is_in_no_byte_of_the_file(tmp_path: Path) -> None:
    post = Post(tmp_path)
    chat(post)
    post.hear(post.text("plantedunanswered"))
    post.database.overwrite_erased()
    assert read_files(tmp_path).count(b"planted") > 3
    with post.database.write() as connection:
        assert find_friends(connection, FRIEND) == [FRIEND_HERE]
        erased = forget_friend(connection, FRIEND_HERE)
    post.database.overwrite_erased()
    left = read_files(tmp_path)
    assert (erased.events, erased.bubbles) == (3, 1)
    assert b"planted" not in left
    assert FRIEND.encode() not in left
    assert b"strangersword" in left


def test_a_forgotten_message_that_is_brought_again_is_not_answered(tmp_path: Path) -> None:
    post = Post(tmp_path)
    chat(post)
    with post.database.write() as connection:
        forget_friend(connection, FRIEND_HERE)
    sent = len(post.channel.sent)
    post.hear(post.text("plantedquestion", "m_1"))
    post.work()
    assert len(post.channel.sent) == sent
    post.say("hi")  # a new message is a new acquaintance
    assert [turn["content"] for turn in post.replier.asked[-1]] == ["hi"]


def test_words_are_kept_as_long_as_the_settings_say_and_ids_a_month(tmp_path: Path) -> None:
    post = Post(tmp_path)
    chat(post)
    now = post.database.now_ms
    with post.database.write() as connection:
        kept = retain(connection, now + 7 * DAY_MS, days=10)
    assert (kept.events, kept.bubbles) == (0, 0)
    with post.database.write() as connection:
        erased = retain(connection, now + 7 * DAY_MS, days=5)
    post.database.overwrite_erased()
    assert (erased.events, erased.bubbles) == (3, 2)
    left = read_files(tmp_path)
    assert not any(word in left for word in (b"planted", b"strangersword", FRIEND.encode()))
    sent = len(post.channel.sent)
    post.hear(post.text("plantedquestion", "m_1"))
    post.work()
    assert len(post.channel.sent) == sent


@pytest.mark.parametrize(
    ("request_", "user"),
    [
        # Meta's own sample: secret "secret", payload {"algorithm":"HMAC-SHA256","issued_at":1291836800,"user_id":"218471"}
        (
            "7PfQs_bBy3RKxC_HJw1gNdsUk_WIr_c_bKJ7Vb-rz_E.eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImlzc3VlZF9hdCI6MTI5MTgzNjgwMCwidXNlcl9pZCI6IjIxODQ3MSJ9",
            None,
        ),
        ("", None),
        (".", None),
        ("a.b.c", None),
        ("é.é", None),
        ("x" * 5000 + ".y", None),
    ],
)
def test_only_what_we_signed_is_a_request(request_: str, user: str | None) -> None:
    assert read_signed_request(request_, ["plantedappsecret"]) == user


def test_a_signed_request_is_read_with_either_secret() -> None:
    import base64
    import hashlib
    import hmac
    import json

    def sign(document: object, secret: str) -> str:
        payload = base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=")
        signature = hmac.new(secret.encode(), payload, hashlib.sha256).digest()
        return (base64.urlsafe_b64encode(signature).rstrip(b"=") + b"." + payload).decode()

    good = {"algorithm": "HMAC-SHA256", "user_id": "218471", "issued_at": 1}
    assert read_signed_request(sign(good, "old"), ["new", "old"]) == "218471"
    assert read_signed_request(sign(good, "third"), ["new", "old"]) is None
    assert read_signed_request(sign(good | {"algorithm": "none"}, "old"), ["old"]) is None
    assert read_signed_request(sign(["x"], "old"), ["old"]) is None
    assert read_signed_request(sign({"algorithm": "HMAC-SHA256"}, "old"), ["old"]) is None
    assert "218471" not in confirmation_code("218471", "old")
