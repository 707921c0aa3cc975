"""Pushes to a fake Hub on loopback: what is sent, what is refused, and what happens when it fails."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import app
from talklikeme import hub
from talklikeme.errors import ConfigError, HubError
from talklikeme.hub_checks import ACCEPT
from talklikeme.options import FinetuneOptions, PrepareOptions
from tests.fake_hub import TOKEN, FakeHub, environment, hub_of_this_process, running_hub
from tests.hub_folders import NUMBERS, make_model_folder, make_pairs_folder, make_tokenizer_folder
from tests.scripts import call

REPO = "robin/talks"
LFS = r"PUT /lfs/"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with hub_of_this_process(monkeypatch) as fake:
        yield fake


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_model_folder(tmp_path / "model")


def leaks(**values: float) -> dict[str, dict[str, float]]:
    return {"leaks": NUMBERS["leaks"] | values}


def test_a_model_arrives_in_a_private_repository(
    server: FakeHub, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = call(hub.main, [str(model), REPO], capsys)

    assert (done.code, done.err) == (0, "")
    assert done.out == f"pushed to {server.url}/{REPO} (private)\n"
    repo = server.repo(REPO)
    assert repo.private
    assert repo.files["model.safetensors"] == (model / "model.safetensors").read_bytes()
    assert "model.safetensors" in repo.lfs
    assert server.sent("POST /api/repos/create")[0].json["visibility"] == "private"


def test_the_token_is_sent_as_bearer_and_nowhere_else(
    server: FakeHub, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = call(hub.main, [str(model), REPO], capsys)

    assert TOKEN not in done.out + done.err
    bearers = 0
    for request in server.requests:
        assert TOKEN not in request.path
        assert TOKEN.encode() not in request.body
        with_token = {name for name, value in request.headers.items() if TOKEN in value}
        assert with_token <= {"authorization", "Authorization"}
        bearers += bool(with_token)
        if request.path.startswith("/lfs/"):  # a storage host that is not the Hub
            assert not with_token
    assert bearers
    assert all(TOKEN.encode() not in content for content in server.repo(REPO).files.values())


def test_everybody_may_see_it_only_where_that_is_asked_for(server: FakeHub, model: Path) -> None:
    hub.push(model, REPO, private=False)

    assert not server.repo(REPO).private


def test_nothing_is_pushed_as_private_into_an_open_repository(server: FakeHub, model: Path) -> None:
    hub.push(model, REPO, private=False)
    before = len(server.sent("POST .*/commit/"))

    with pytest.raises(HubError, match=r"^robin/talks: is there already, open to everybody"):
        hub.push(model, REPO)

    assert len(server.sent("POST .*/commit/")) == before


def test_a_second_push_takes_the_place_of_the_first(server: FakeHub, model: Path) -> None:
    for shard in ("model-00001-of-00002", "model-00002-of-00002"):
        (model / f"{shard}.safetensors").write_bytes(shard.encode() * 100)
    hub.push(model, REPO)
    for shard in ("model-00001-of-00002", "model-00002-of-00002"):
        (model / f"{shard}.safetensors").unlink()
    server.repo(REPO).files["by hand.md"] = b"kept"
    sent = len(server.sent(LFS))

    hub.push(model, REPO)

    left = server.repo(REPO).files
    assert [name for name in left if name.startswith("model")] == ["model.safetensors"]
    assert left["by hand.md"] == b"kept"
    assert len(server.sent(LFS)) == sent, "what was there was sent again"


def test_rows_of_an_earlier_push_do_not_stay_among_the_new(server: FakeHub, tmp_path: Path) -> None:
    pairs = make_pairs_folder(tmp_path / "pairs")
    hub.push(pairs, REPO)
    files = server.repo(REPO, "dataset").files
    files["data/train-00001-of-00002.parquet"] = b"rows of a friend who was forgotten"

    hub.push(pairs, REPO)

    assert sorted(files) == [
        "README.md", "data/test-00000-of-00001.parquet", "data/train-00000-of-00001.parquet",
    ]  # fmt: skip
    assert server.repo(REPO, "dataset").private


def test_secrets_that_are_not_redacted_are_never_shown_to_everybody(
    server: FakeHub, tmp_path: Path
) -> None:
    pairs = make_pairs_folder(tmp_path / "pairs", redact="off")

    with pytest.raises(HubError, match=r"not redacted.*--redact on"):
        hub.push(pairs, REPO, private=False)
    assert not server.requests
    hub.push(pairs, REPO)
    assert server.repo(REPO, "dataset").private


def test_a_tokenizer_does_not_overwrite_a_model(
    server: FakeHub, model: Path, tmp_path: Path
) -> None:
    tokenizer = make_tokenizer_folder(tmp_path / "tokenizer")
    hub.push(model, REPO)

    with pytest.raises(HubError, match="holds a model"):
        hub.push(tokenizer, REPO)

    hub.push(tokenizer, "robin/words")
    assert "tokenizer.json" in server.repo("robin/words").files


@pytest.mark.parametrize(
    ("report", "why"),
    [
        ({"leaks": None}, "was not checked"),
        ({"leaks": {}}, "was not checked"),
        (leaks(searched=0), "was not checked"),
        (leaks(searched=1_000), "only 1,000 replies of it were searched"),
        (leaks(searched=1_000, seconds=30.0, asked_for=10_000), "only 1,000 replies of it were"),
        (leaks(found=2), "gave away 2 known secrets and 0 canaries"),
        (leaks(canaries_extracted=1), "gave away 0 known secrets and 1 canaries"),
    ],
)
def test_a_model_that_leaks_or_was_not_searched_stays_here(
    server: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str], report, why: str
) -> None:
    model = make_model_folder(tmp_path / "model", **report)

    done = call(hub.main, [str(model), REPO], capsys)

    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert why in done.err
    assert f'--push-despite-leaks "{ACCEPT}"' in done.err
    assert not server.requests

    hub.push(model, REPO, despite_leaks=ACCEPT)
    assert server.repo(REPO).private


def test_the_refusal_names_the_search_that_a_push_asks_for(server: FakeHub, tmp_path: Path) -> None:
    model = make_model_folder(tmp_path / "model", **leaks(searched=1_000))

    with pytest.raises(
        HubError, match=rf"Run python -m talklikeme\.evaluation\.leaks {model} first"
    ):
        hub.push(model, REPO)


def test_a_search_that_took_all_its_time_is_enough(server: FakeHub, tmp_path: Path) -> None:
    slow = leaks(searched=4_096, asked_for=10_000, seconds=900.0)

    hub.push(make_model_folder(tmp_path / "model", **slow), REPO)

    assert server.repo(REPO).files


def test_a_broken_leak_report_is_no_clearance(server: FakeHub, model: Path) -> None:
    for broken in ("", "{}", '{"leaks": {"searched": 9}}', '{"leaks": []}', "[]"):
        (model / "evaluation.json").write_text(broken)
        with pytest.raises(HubError, match="not pushed"):
            hub.push(model, REPO)


def test_only_the_exact_words_override_the_refusal(server: FakeHub, tmp_path: Path) -> None:
    model = make_model_folder(tmp_path / "model", **leaks(found=1))

    with pytest.raises(ConfigError, match="takes the words"):
        hub.push(model, REPO, despite_leaks="yes")
    with pytest.raises(ConfigError, match="takes the words"):
        hub.check_push(FinetuneOptions(push_to_hub=REPO, push_despite_leaks="yes"))
    assert not server.requests


def test_the_command_takes_all_it_needs_from_the_environment(model: Path, tmp_path: Path) -> None:
    with running_hub() as server:
        done = subprocess.run(
            [sys.executable, "-m", "talklikeme.hub", str(model), REPO],
            env=os.environ | environment(server, tmp_path / "home"),
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"pushed to {server.url}/{REPO} (private)\n"
    assert server.repo(REPO).private


def test_a_line_cut_in_the_middle_of_the_weights_is_taken_up_again(
    server: FakeHub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.fail(LFS, "drop", times=1)

    hub.push(model, REPO)

    assert (
        server.repo(REPO).files["model.safetensors"] == (model / "model.safetensors").read_bytes()
    )
    assert server.faults[0].times == 0


def test_a_push_that_broke_off_goes_on_with_what_is_missing(server: FakeHub, model: Path) -> None:
    (model / "model-00001-of-00002.safetensors").write_bytes(b"first" * 500)
    (model / "model-00002-of-00002.safetensors").write_bytes(b"second" * 500)
    server.fail(LFS, 403, times=1)
    with pytest.raises(HubError, match=r"Everything is in .*model; push it later with: python -m"):
        hub.push(model, REPO)
    assert not server.repo(REPO).files
    arrived, before = set(server.store), len(server.sent(LFS))

    hub.push(model, REPO)

    assert arrived
    resent = {request.path.rpartition("/")[2] for request in server.sent(LFS)[before:]}
    assert not resent & arrived
    assert len(server.repo(REPO).lfs) == len(arrived | resent)


@pytest.mark.parametrize(
    ("pattern", "status", "why"),
    [
        ("POST /api/repos/create", 401, "does not accept the token in HF_TOKEN (401)"),
        ("POST /api/repos/create", 403, "may not write there"),
        ("POST /api/models/.*/commit", 403, "may not write there"),
        ("POST /api/models/.*/preupload", 404, "not there, or not to be seen"),
        ("POST /api/repos/create", 500, "the Hub is in trouble (500)"),
        ("POST /api/repos/create", 418, "the Hub refuses (418)"),
    ],
)
def test_what_the_hub_refuses_is_one_line(
    server: FakeHub,
    model: Path,
    capsys: pytest.CaptureFixture[str],
    pattern: str,
    status: int,
    why: str,
) -> None:
    server.fail(pattern, status)

    done = call(hub.main, [str(model), REPO], capsys)

    assert done.code == 1
    assert done.err.count("\n") == 1, done.err
    assert why in done.err
    assert f"push it later with: python -m talklikeme.hub {model} {REPO}" in done.err
    assert TOKEN not in done.err


def test_somebody_elses_account_is_refused_in_one_line(server: FakeHub, model: Path) -> None:
    with pytest.raises(HubError, match=r"^ana/talks: .*may not write there"):
        hub.push(model, "ana/talks")


def test_a_hub_that_says_nothing_is_not_waited_for_for_ever(
    server: FakeHub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "_PATIENCE", 0.3)
    server.fail("POST /api/repos/create", "silence")
    started = time.monotonic()

    with pytest.raises(HubError, match=r"the Hub does not answer \(ReadTimeout\)"):
        hub.push(model, REPO)

    assert time.monotonic() - started < 10


def test_no_network_is_one_line(
    server: FakeHub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubError, match=r"the Hub cannot be reached \(ConnectError\)\. Everything"):
        hub.push(model, REPO)


@pytest.mark.parametrize(
    "repo", ["talks", "robin/", "/talks", "a/b/c", "robin/ta lks", "../x", "-x/y"]
)
def test_a_name_that_is_none_is_refused_before_any_work(repo: str, server: FakeHub) -> None:
    with pytest.raises(ConfigError, match="needs OWNER/NAME"):
        hub.check_push(PrepareOptions(push_to_hub=repo))
    assert not server.requests


@pytest.mark.parametrize("token", ["", "  ", "hf_with space", "hf_\nnew"])
def test_without_a_token_nothing_is_begun(
    token: str, server: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(ConfigError, match="HF_TOKEN") as told:
        hub.check_push(FinetuneOptions(push_to_hub=REPO))
    assert "with space" not in str(told.value)
    hub.check_push(FinetuneOptions())  # nothing was asked for


def test_offline_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with pytest.raises(ConfigError, match="HF_HUB_OFFLINE is set"):
        hub.check_push(FinetuneOptions(push_to_hub=REPO))


def test_app_listens_for_the_proxy_of_a_space_and_only_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert app.choose_space_flags() == []
    monkeypatch.setenv("SPACE_ID", REPO)
    assert app.choose_space_flags() == ["--host", "0.0.0.0", "--auth", "none", "--no-messenger"]
    monkeypatch.setenv("MESSENGER_APP_SECRET", "of the Space")
    assert app.choose_space_flags() == ["--host", "0.0.0.0", "--auth", "none"]


def test_a_space_needs_a_model(server: FakeHub, tmp_path: Path) -> None:
    with pytest.raises(HubError, match="a Space needs a model, this holds tokenizer"):
        hub.push(make_tokenizer_folder(tmp_path / "tokenizer"), REPO, space=True)


def test_a_space_is_refused_for_leaks_like_its_model(server: FakeHub, tmp_path: Path) -> None:
    model = make_model_folder(tmp_path / "model", **leaks(found=1))
    with pytest.raises(HubError, match="gave away 1"):
        hub.push(model, REPO, space=True)


def test_a_space_arrives_private_with_its_settings(server: FakeHub, model: Path) -> None:
    hub.push(model, "robin/2026", space=True)

    space = server.repo("robin/2026", "space")
    assert space.private
    settings = yaml.safe_load(space.files["README.md"].decode().split("---\n")[1])
    assert settings["title"] == "2026"
    assert (settings["sdk"], settings["app_file"]) == ("gradio", "app.py")
    assert server.sent("POST /api/repos/create")[0].json["sdk"] == "gradio"
    assert {
        "app.py",
        "requirements.txt",
        "talklikeme/replies.py",
        "out/model/model.safetensors",
    } <= set(space.files)
    assert not [name for name in space.files if "friends.json" in name or "__pycache__" in name]
    # Nobody has converted this one for CTranslate2.
    assert "\ntorch==" in space.files["requirements.txt"].decode()
