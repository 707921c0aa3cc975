"""What each answer of the Send API means: every row of the table, and answers that are none."""

import json
from typing import Any

import pytest

from talklikeme.channels.graph_errors import Outcome, read_answer, read_pause


def refusal(code: object, subcode: object = None, status: int = 400, **headers: str) -> Any:
    error = {"message": "planted words", "type": "OAuthException", "code": code}
    error |= {"error_subcode": subcode, "fbtrace_id": "AbC1_d-2"}
    return read_answer(status, headers, json.dumps({"error": error}).encode())


ROWS: list[tuple[int, int | None, Outcome]] = [
    (1, None, Outcome.RETRY),
    (2, None, Outcome.RETRY),
    (1, 1357046, Outcome.UNKNOWN),
    (4, None, Outcome.THROTTLED),
    (17, None, Outcome.THROTTLED),
    (32, None, Outcome.THROTTLED),
    (613, None, Outcome.THROTTLED),
    (613, 2534040, Outcome.THROTTLED),
    (341, None, Outcome.THROTTLED),
    (613, 2018338, Outcome.ABUSE),
    (10, 2018278, Outcome.DEAD),
    (10, 2534022, Outcome.DEAD),
    (10, 2018065, Outcome.DEAD),
    (551, None, Outcome.USER_GONE),
    (551, 1545041, Outcome.USER_GONE),
    (200, 1545041, Outcome.USER_GONE),
    (10, 2018108, Outcome.USER_GONE),
    (100, 2018001, Outcome.USER_GONE),
    (2018300, None, Outcome.THREAD_TAKEN),
    (100, 2534037, Outcome.THREAD_TAKEN),
    (2018321, None, Outcome.THREAD_TAKEN),
    (10, 1893063, Outcome.PAGE_CLOSED),
    (368, None, Outcome.PAGE_CLOSED),
    (2022, None, Outcome.PAGE_CLOSED),
    *((190, sub, Outcome.PAGE_CLOSED) for sub in (None, 458, 459, 460, 463, 467)),
    (10, None, Outcome.PAGE_CLOSED),
    (200, None, Outcome.PAGE_CLOSED),
    (200, 2018028, Outcome.PAGE_CLOSED),
    (102, None, Outcome.PAGE_CLOSED),
    (100, None, Outcome.DEAD),
    (100, 2534015, Outcome.DEAD),
    (100, 2018014, Outcome.DEAD),
    (987654, None, Outcome.DEAD),
]


@pytest.mark.parametrize(("code", "subcode", "outcome"), ROWS)
def test_every_row_of_the_table(code: int, subcode: int | None, outcome: Outcome) -> None:
    result = refusal(code, subcode)
    assert result.outcome is outcome
    assert str(code) in result.reason
    assert "AbC1_d-2" in result.reason
    assert "planted" not in repr(result)


def test_a_sent_message_has_its_id() -> None:
    sent = read_answer(200, {}, b'{"recipient_id":"1","message_id":"m_x"}')
    assert (sent.outcome, sent.message_id) == (Outcome.SENT, "m_x")
    assert read_answer(200, {}, b"").outcome is Outcome.SENT
    assert read_answer(200, {}, b'{"message_id":5}').message_id == ""


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (500, b"<html>", Outcome.UNKNOWN),
        (502, b"", Outcome.UNKNOWN),
        (503, b'{"error":"down"}', Outcome.UNKNOWN),
        (400, b"nonsense", Outcome.DEAD),
        (404, b'["error"]', Outcome.DEAD),
        (400, b"[" * 100_000, Outcome.DEAD),
        (429, b"slow down", Outcome.THROTTLED),
    ],
)
def test_answers_that_are_no_json(status: int, body: bytes, outcome: Outcome) -> None:
    assert read_answer(status, {}, body).outcome is outcome


def test_what_a_failing_server_says_may_have_been_sent_all_the_same() -> None:
    assert refusal(2, status=500).outcome is Outcome.UNKNOWN
    assert refusal(987654, status=503).outcome is Outcome.UNKNOWN
    assert refusal(190, status=500).outcome is Outcome.PAGE_CLOSED
    assert refusal(100, status=429).outcome is Outcome.THROTTLED


@pytest.mark.parametrize("code", ["190", True, None, 1.5, [1], {"a": 1}])
def test_codes_that_are_no_numbers(code: object) -> None:
    assert refusal(code).outcome is Outcome.DEAD


def test_the_pause_is_the_longest_that_is_told() -> None:
    usage = {"1": [{"type": "messenger", "estimated_time_to_regain_access": 3}]}
    header = {"x-business-use-case-usage": json.dumps(usage)}
    assert read_pause(header) == 180
    assert read_pause(header | {"retry-after": "600"}) == 600
    assert read_pause({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}) == 0
    assert read_pause({"retry-after": "9" * 30}) == 24 * 3600
    assert read_pause({"x-business-use-case-usage": '{"1":[{"estimated_time_to_regain_access":true}],"2":5}'}) == 0  # fmt: skip
    assert refusal(613, **header).pause == 180  # type: ignore[arg-type]
    assert refusal(190, **header).pause == 0  # type: ignore[arg-type]
