"""Redaction and pseudonyms: how much is found, and what must never happen."""

import json
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talklikeme.privacy import (
    KINDS,
    PLACEHOLDERS,
    Pseudonyms,
    RedactionReport,
    RedactionSettings,
    redact,
)
from talklikeme.privacy.invented_names import INVENTED_NAMES
from tests.privacy_scores import parse_label, score, sentences, table

HERE = RedactionSettings(region="DE")
HOSTS = RedactionSettings(region="US", keep_hosts=True)
SENTENCES = list(sentences())


def test_the_labelled_set_is_large_and_full_of_traps() -> None:
    assert len(SENTENCES) >= 450
    assert sum(not sentence.wanted for sentence in SENTENCES) >= 150


def test_recall_and_precision(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{table()}\n")
    scores = score()
    for kind in KINDS:
        assert scores.recall(kind) >= 0.98, kind
        assert scores.precision(kind) >= 0.95, kind


@pytest.mark.parametrize("keep_hosts", [False, True])
def test_labelled_sentences_are_redacted_once_and_for_all(keep_hosts: bool) -> None:
    for sentence in SENTENCES:
        chosen = RedactionSettings(region=sentence.region, keep_hosts=keep_hosts)
        once = redact(sentence.text, chosen).text
        assert redact(once, chosen).text == once


PIECES = st.sampled_from([
    "0171 3920012", "+49 171 3920012", "4111111111111111", "anna@example.org", "10.0.0.7", "pin",
    "code is", "password:", "4711", "https://example.org/a?b=c", "example.org", "<url> ", "<phone>",
    "<secret>", "Hauptstraße 5", "12 Main St", ", Springfield", "52.52000, 13.40500", "call", "order",
    "DE89370400440532013000", " ", " ", "\n", ",", ".", "(", ")", "-", "7", "is", "ist", "://", "@", "+",
    "203.0.113.7.example.org", "密码", "Zoë", "www.", "/", "536-90-4399", "ssn", "geo:", "<url> example.org",
])  # fmt: skip


@settings(derandomize=True, deadline=None, max_examples=400)
@given(st.lists(PIECES, max_size=14).map("".join), st.sampled_from([HERE, HOSTS]))
def test_redacting_twice_changes_nothing(text: str, chosen: RedactionSettings) -> None:
    once = redact(text, chosen)
    assert redact(once.text, chosen).text == once.text
    assert [f for f in once.findings if not 0 <= f.start < f.end <= len(text)] == []


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text(max_size=60))
def test_any_text_can_be_redacted(text: str) -> None:
    once = redact(text, HERE).text
    assert redact(once, HERE).text == once


def test_findings_cover_just_what_the_placeholders_replace() -> None:
    text = "mail a@example.org, call 0171 3920012, pin 4711, https://example.org/x"
    redacted = redact(text, HERE)
    for finding in reversed(redacted.findings):
        text = text[: finding.start] + f"<{finding.kind}>" + text[finding.end :]
    assert text == redacted.text == "mail <email>, call <phone>, pin <secret>, <url>"


def test_typed_placeholders_are_left_alone() -> None:
    text = f"the password is <secret>, {' '.join(PLACEHOLDERS)}, pw: <phone>"
    assert redact(text, HERE).text == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("see https://www.Example.org:8080/a?b=c#d!", "see <url> example.org!"),
        ("https://zoe:geheim@example.org/", "<url> example.org"),
        ("http://203.0.113.7/x", "<url>"),
        ("(example.org/x)", "(<url> example.org)"),
        ("<url> example.org", "<url> example.org"),
        ("<url> 4111111111111111", "<url> <card>"),
    ],
)
def test_hosts_may_stay(text: str, wanted: str) -> None:
    assert redact(text, HOSTS).text == wanted


@pytest.mark.parametrize(
    ("marked", "why"),
    [
        ("[[url:https://example.org/?card=4111111111111111&to=a@example.org]]", "longest"),
        ("pw: [[email:anna@example.org]]", "of equal length the kind listed first"),
        ("[[iban:DE89 3704 0044 0532 0130 00]] 100 Euro", "not the number behind"),
    ],
)
def test_overlaps(marked: str, why: str) -> None:
    text, wanted = parse_label(marked)
    assert {(f.kind, f.start, f.end) for f in redact(text, HERE).findings} == wanted


def test_the_region_decides_about_numbers_without_country_code() -> None:
    assert redact("612 34 56 78", RedactionSettings(region="ES")).text == "<phone>"
    assert redact("612 34 56 78", RedactionSettings(region="US")).text == "612 34 56 78"


@pytest.mark.parametrize(
    "piece",
    ["1", "1 ", "12 ", "0171 39 ", "+49 171 3920012 ", "call 4155550132 ", ".", "@", "a@", "a.", ":",
     "http://", "www.", "(", "((1)))-", "password: ", "code is ", "ssn 123456789 ", "x at y dot ",
     "DE89 ", "eyJaaaaaaaaaaaa.", "12 Main ", "12 rue de la ", "Calle de la Aa ", "Am Aa Bb ", "straße",
     "1.1234 ", "1/1/2000 ", "<url> ", "<", "a-", "Aa-", "1A", "///abc.", 'pw is "', "\n", "acode"],
)  # fmt: skip
def test_hostile_input_takes_linear_time(piece: str) -> None:
    def measure(size: int) -> float:
        started = time.process_time()
        redact((piece * size)[:size], HOSTS)
        return time.process_time() - started

    measure(500)
    short, long = (min(measure(size), measure(size)) for size in (2_500, 20_000))
    assert long < 0.1 or long < 24 * short, "more than linear"  # 8 is linear, 64 is quadratic


def test_closing_brackets_behind_a_link_take_linear_time() -> None:
    started = time.process_time()
    redact("http://example.org/" + ")" * 100_000, HERE)
    assert time.process_time() - started < 1


def test_the_report_counts_and_shows_nothing() -> None:
    secrets = [
        "+49 171 3920012", "zoe.miller@example.org", "4111 1111 1111 1111", "536-90-4399",
        "DE89370400440532013000", "203.0.113.7", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "hunter22",
        "https://example.org/private", "Hauptstraße 5, 10115 Berlin", "0171 3920098", "0171 3920087",
    ]  # fmt: skip
    report, other = RedactionReport(examples=2), RedactionReport(examples=2)
    for at, secret in enumerate(secrets):
        text = f"the password is {secret}" if secret == "hunter22" else secret
        (report if at % 2 else other).add(redact(text, HERE).findings)
    report.add(redact("nothing here", HERE).findings)
    report.merge(other)
    shown = report.to_json()
    assert shown["texts"] == len(secrets)
    assert shown["counts"] == dict.fromkeys(KINDS, 1) | {"phone": 3}
    assert len(shown["examples"]["phone"]) == 2
    for secret in secrets:
        assert secret not in json.dumps(shown, ensure_ascii=False)
    assert "4711" not in repr(redact("my pin is 4711", HERE))


def test_examples_are_recognisable() -> None:
    masked = [redact(text, HERE).findings[0].masked
              for text in ("+49 171 3920012", "4111 1111 1111 1111", "a.b@example.org")]  # fmt: skip
    assert masked == ["+49 1•• •••••12", "•••• •••• •••• ••11", "a.•@•••••••.•••"]


FRIENDS = ["Zoë Miller", "Anna Schmidt", "Anna van der Weber", "Jean-Luc Picard", "Will Stone", "王小明",
           "김민수", "Mum", "+49 171 3920012", "🌸", ""]  # fmt: skip


@pytest.fixture(scope="module")
def pseudonyms() -> Pseudonyms:
    return Pseudonyms(FRIENDS, seed=7)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ask Zoë, ZOË or zoe", "ask {Z}, {Z^} or {Z_}"),
        ("@zoe_miller @ZoeMiller @zoë", "@{Z_} @{Z} @{Z_}"),
        ("Zoë's and Zoe’s; Zoës", "{Z}'s and {Z}’s; Zoës"),
        ("Zoë Miller's car, Mr Miller", "{Z}'s car, Mr {Z}"),
        ("Zoësaurus and schmidtchen", "Zoësaurus and schmidtchen"),
        ("Webers Auto, Schmidts Haus", "{W}s Auto, {A}s Haus"),
        ("Anna Schmidt, Anna van der Weber", "{A}, {W}"),
        ("van der Valk", "van der Valk"),
        ("jean-luc, Jean Luc Picard", "{J_}, {J}"),
        ("will you ask Will? @will knows", "will you ask {S}? @{S_} knows"),
        ("王小明说你好, 김민수야", "{C}说你好, {K}야"),
    ],
)
def test_names_are_replaced(text: str, wanted: str, pseudonyms: Pseudonyms) -> None:
    who = {"Z": "Zoë Miller", "A": "Anna Schmidt", "W": "Anna van der Weber", "J": "Jean-Luc Picard",
           "S": "Will Stone", "C": "王小明", "K": "김민수"}  # fmt: skip
    for letter, name in who.items():
        invented = pseudonyms.name_for(name)
        for sign, form in {"": invented, "^": invented.upper(), "_": invented.lower()}.items():
            wanted = wanted.replace(f"{{{letter}{sign}}}", form)
    assert pseudonyms.apply(text) == wanted


def test_a_name_that_two_friends_share_is_neither_friend(pseudonyms: Pseudonyms) -> None:
    anna = pseudonyms.apply("Anna")
    assert anna in INVENTED_NAMES
    assert anna not in {
        pseudonyms.name_for("Anna Schmidt"),
        pseudonyms.name_for("Anna van der Weber"),
    }


def test_invented_names_are_stable_and_nobodys() -> None:
    friends = [*INVENTED_NAMES[:100], *(f"Friend{letter}x{other}" for letter in "abcdefghij" for other in "klmnopqrstuvwxyzabcdefghijklmno")]  # fmt: skip
    friends = sorted({friend for friend in friends if friend.isalpha()})
    names = Pseudonyms(friends, "seed")
    invented = [names.name_for(friend) for friend in friends]
    assert len(set(invented)) == len(friends) > len(INVENTED_NAMES)
    assert not set(invented) & set(friends)
    again = Pseudonyms(reversed(friends), "seed")
    assert [again.name_for(friend) for friend in friends] == invented
    other = Pseudonyms(friends, "other")
    assert [other.name_for(friend) for friend in friends] != invented


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(st.sampled_from([*FRIENDS, "Anna", "zoe", "Will", " ", "'s", "@", "_", "s", "."]), max_size=8),
       st.text(max_size=10))  # fmt: skip
def test_replacing_names_twice_changes_nothing(parts: list[str], rest: str) -> None:
    names = Pseudonyms(FRIENDS, seed=7)
    once = names.apply("".join(parts) + rest)
    assert names.apply(once) == once
