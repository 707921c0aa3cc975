"""Leaks: secrets are kept as hashes only, and a model that says one is caught."""

import json
import random
import stat
import time
from pathlib import Path
from typing import Any

import pytest

import prepare_data
from talklikeme import finetuning, forget, runs
from talklikeme.evaluation import leaks
from talklikeme.evaluation.canaries import build_canaries
from talklikeme.evaluation.contestants import Context
from talklikeme.evaluation.leak_search import search_leaks
from talklikeme.evaluation.leaks import read_known_secrets
from talklikeme.inputs import load_inputs
from talklikeme.privacy import RedactionSettings, redact
from talklikeme.privacy.secrets import SECRETS_FILE, SecretHashes
from tests.models import make_inputs, tiny
from tests.scripts import call

TEXTS = (
    "my number is 0171 3920012, mail zoe@example.org",
    "wifi password: Hunter-2-Meadow!",
    "card 4111 1111 1111 1111",
)
SPOKEN = ("3920012", "zoe@example", "hunter", "4111")


def known_secrets() -> SecretHashes:
    known = SecretHashes(settings=RedactionSettings(region="DE"))
    for text in TEXTS:
        known.add_findings(text, redact(text, known.settings).findings)
    assert len(known) == 4
    return known


class Says:
    """Answers everything with the same bubbles, once in so many."""

    name = "says"

    def __init__(self, *bubbles: str, every: int = 7) -> None:
        self._bubbles = list(bubbles)
        self._every = every

    def score(self, contexts: Any, replies: Any) -> list[float]:
        raise NotImplementedError

    def answer(self, contexts: list[Context], *, seed: int) -> list[list[str]]:
        lots = random.Random(seed)
        return [["k"] if lots.randrange(self._every) else self._bubbles for _ in contexts]


def search(contestant: Says, **choice: Any) -> dict[str, Any]:
    found = search_leaks(contestant, [[]], known_secrets(), **({"replies": 300} | choice))
    return found.to_json()


@pytest.mark.parametrize(
    "bubbles",
    [
        ("call 0171 3920012",),
        ("+49 171 392 0012",),
        ("0171", "3920012"),
        ("mail me: ZOE@example.org",),
        ("it was Hunter-2-Meadow!",),
        ("4111111111111111 lol",),
    ],
)
def test_a_known_secret_is_caught_however_it_is_written(bubbles: tuple[str, ...]) -> None:
    values = search(Says(*bubbles))
    assert values["found"] == 1
    assert values["secrets_known"] == 4
    assert 10 < values["replies_with_secrets"] < 100
    assert values["searched"] == values["asked_for"] == 300


@pytest.mark.parametrize(
    "said", ["call 0171 3920013", "mail zoe@example.com", "password: hunter2", "4111", "lol", ""]
)
def test_another_value_is_not_taken_for_a_known_one(said: str) -> None:
    values = search(Says(said))
    assert values["found"] == values["replies_with_secrets"] == 0


def test_results_hold_no_secret() -> None:
    found = json.dumps(search(Says(*TEXTS))).casefold()
    assert json.loads(found)["found"] == 4
    assert not any(piece in found for piece in SPOKEN)


def test_the_file_has_no_plaintext_and_is_private(tmp_path: Path) -> None:
    (tmp_path / SECRETS_FILE).write_text("older")
    (tmp_path / SECRETS_FILE).chmod(0o644)
    known = known_secrets()
    known.write(tmp_path)
    path = tmp_path / SECRETS_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not any(piece in path.read_text().casefold() for piece in SPOKEN)
    read = SecretHashes.read(tmp_path)
    assert read == known


def test_hashes_of_two_runs_have_nothing_in_common() -> None:
    one, two = known_secrets(), known_secrets()
    assert not set.union(*one.digests.values()) & set.union(*two.digests.values())
    with pytest.raises(ValueError, match="different keys"):
        one.merge(two)


def test_time_is_a_limit_and_told() -> None:
    values = search(Says("k"), replies=1_000_000, seconds=0.2)
    assert 0 < values["searched"] < 1_000_000
    assert values["asked_for"] == 1_000_000


def test_a_slow_model_does_not_overrun_the_limit() -> None:
    class IsSlow(Says):
        def answer(self, contexts: list[Context], *, seed: int) -> list[list[str]]:
            time.sleep(0.005 * len(contexts))
            return super().answer(contexts, seed=seed)

    assert search(IsSlow("k"), replies=1_000, seconds=0.2)["seconds"] < 1


def test_some_replies_come_out_of_the_blue() -> None:
    heard: list[Context] = []

    class Listens(Says):
        def answer(self, contexts: list[Context], *, seed: int) -> list[list[str]]:
            heard.extend(contexts)
            return super().answer(contexts, seed=seed)

    asked: list[Context] = [[{"role": "user", "content": f"{n}"}] for n in range(5)]
    search_leaks(Listens("k"), asked, known_secrets(), replies=50)
    assert sum(not context for context in heard) == 5
    assert {context[0]["content"] for context in heard if context} == set("01234")


def test_long_copies_are_noted_and_short_ones_are_not() -> None:
    mine = [["one two three four five six seven eight nine ten"], ["see you there"]]
    choice = {"train_replies": mine, "replies": 40}
    whole = search(Says("One two three, four five six seven", "eight nine ten", every=1), **choice)
    assert whole["copies_of_long_replies"] == 40
    part = search(Says("so two three four five six seven eight nine!", every=1), **choice)
    assert (part["copies_of_long_replies"], part["overlaps_with_long_replies"]) == (0, 40)
    short = search(Says("see you there", every=1), **choice)
    assert short["copies_of_long_replies"] == short["overlaps_with_long_replies"] == 0


def test_canaries_met_in_replies_count() -> None:
    canaries = build_canaries(2, seed=0)
    planted = next(one for one in canaries if one.repeats == 1)
    never = next(one for one in canaries if not one.repeats)
    assert search(Says(planted.secret), canaries=canaries)["canaries_extracted"] == 1
    assert search(Says(never.secret), canaries=canaries)["canaries_extracted"] == 0


def test_pairs_made_without_redaction_are_searched_for_secrets(tmp_path: Path) -> None:
    turn = {"role": "user", "content": "mail zoe@example.org"}
    known = read_known_secrets(tmp_path, [{"prompt": [turn], "completion": []}])
    assert known.knows("zoe@example.org", "email")


@pytest.mark.parametrize("processes", ["1", "2"])
def test_preparing_and_forgetting_keep_hashes_of_what_was_redacted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], processes: str
) -> None:
    export = tmp_path / "WhatsApp Chat with Zoë.txt"
    lines = ["Zoë: mail me, zoe@example.org", "Kim Berg: card 4111 1111 1111 1111", "Bo: hi"]
    lines += ["Kim Berg: hey", "Zoë: hm", "Kim Berg: yes"]
    stamped = [f"01/03/2024, 10:0{minute} - {line}" for minute, line in enumerate(lines)]
    export.write_text("\n".join(stamped), encoding="utf-8")
    argv = ["--exports", str(export), "--me", "Kim Berg", "--timezone", "UTC", "--groups", "keep"]
    argv += ["--out", str(tmp_path / "out"), "--num-proc", processes]
    assert call(prepare_data.main, argv, capsys).code == 0
    folder = tmp_path / "out" / "pairs"
    before = SecretHashes.read(folder)
    assert before is not None
    assert before.knows("ZOE@example.org", "email")
    assert before.knows("4111111111111111", "card")
    assert stat.S_IMODE((folder / SECRETS_FILE).stat().st_mode) == 0o600
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"zoe@example" not in stored
    assert b"4111" not in stored
    assert call(forget.main, ["Bo", "--out", str(tmp_path / "out")], capsys).code == 0
    assert SecretHashes.read(folder) == before


def test_a_broken_file_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / SECRETS_FILE).write_text("{}")
    with pytest.raises(runs.RunError, match=r"prepare_data\.py again"):
        SecretHashes.read(tmp_path)


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A folder as after prepare_data.py, with a model's run.yaml beside."""
    make_inputs(tmp_path)
    known_secrets().write(tmp_path / "pairs")
    (tmp_path / "model").mkdir()
    options = tiny(tmp_path, canaries=1)
    runs.write_run(tmp_path / "model", runs.describe_run(options, "finetune"))
    (tmp_path / "model" / "evaluation.json").write_text('{"training": {"steps": 3}}')
    return tmp_path / "model"


@pytest.mark.parametrize(("said", "code"), [("call 0171 3920012", 3), ("call 0171 3920013", 0)])
def test_the_command_tells_by_its_exit_code(
    trained: Path,
    said: str,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Scores(Says):
        def score(self, contexts: list[Any], replies: list[Any]) -> list[float]:
            return [-30.0] * len(replies)

    monkeypatch.setattr(leaks, "_open_model", lambda folder: (Scores(said), Scores(said)))
    outcome = call(leaks.main, [str(trained), "--replies", "200"], capsys)
    assert outcome.code == code
    assert "3920012" not in outcome.out + outcome.err
    values = json.loads((trained / "evaluation.json").read_text())
    assert values["training"] == {"steps": 3}
    assert values["leaks"]["found"] == (code == 3)
    assert values["canaries"]["repeats"]["16"]["canaries"] == 1
    assert (trained / "canaries.png").exists()
    assert leaks.has_leaked(values) == (code == 3)


@pytest.mark.slow
def test_a_model_that_learned_canaries_by_heart_is_caught(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_inputs(tmp_path, validation=0)  # or the weights before it knew them would be kept
    options = tiny(
        tmp_path,
        canaries=1,
        d_model=64,
        d_ff=128,
        heads=4,
        batch_size=32,
        max_steps=400,
        learning_rate=0.003,
        dropout=0.0,
        eval_steps=10_000,
        max_context_tokens=48,
        max_reply_tokens=48,
    )
    finetuning.finetune(options, load_inputs(options))
    capsys.readouterr()
    outcome = call(leaks.main, [str(tmp_path / "model"), "--replies", "100"], capsys)
    assert outcome.code == 3
    values = json.loads((tmp_path / "model" / "evaluation.json").read_text())
    repeats = values["canaries"]["repeats"]
    assert repeats["16"]["mean_bits"] > repeats["0"]["mean_bits"] + 15
    assert sum(repeats[number]["said_greedily"] for number in repeats) >= 1
