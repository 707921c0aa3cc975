"""What was pushed, loaded back over HTTP into an empty cache by transformers and datasets alone; and a
Space that runs from what was pushed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import finetune
import prepare_data
import train_tokenizer
from talklikeme import finetuning, hub, model_card
from talklikeme.evaluation import leak_search, leaks
from talklikeme.inputs import load_inputs
from tests.fake_hub import FakeHub, environment, hub_of_this_process
from tests.models import make_inputs, tiny
from tests.scripts import call

REPO, WORDS, PAIRS = "robin/talks", "robin/words", "robin/pairs"
CLEAR = {"leaks": {"searched": 10_000, "secrets_known": 0, "found": 0, "canaries_extracted": 0}}

# No line of talklikeme in it: what anybody can do with the repositories.
LOAD = """
import json, sys, torch
from datasets import load_dataset
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

def answer(place):
    tokenizer = AutoTokenizer.from_pretrained(place)
    model = AutoModelForSeq2SeqLM.from_pretrained(place)
    ids = tokenizer("<friend> whats up</s>", add_special_tokens=False, return_tensors="pt").input_ids
    torch.manual_seed(5)
    return ids.tolist(), model.generate(ids).tolist(), {k: v.sum().item() for k, v in model.state_dict().items()}

def words(place):
    tokenizer = AutoTokenizer.from_pretrained(place)
    return tokenizer(" lol no way \\U0001f602 <url>").input_ids, len(tokenizer)

folder, model, tokenizer, pairs = sys.argv[1:]
data = load_dataset(pairs)
print(json.dumps({
    "there": answer(model), "here": answer(folder + "/model"),
    "words": [words(tokenizer), words(folder + "/tokenizer")],
    "rows": {split: len(rows) for split, rows in data.items()}, "row": data["train"][0],
    "foreign": [name for name in sys.modules if name.startswith("talklikeme")],
}))
"""

# Which packages the code of a Space imports itself, when a model answers behind the chat page; without torch.
IMPORTED = """
import ast, importlib.metadata, json, sys
sys.modules["torch"] = sys.modules["transformers"] = None
from pathlib import Path
import app
from talklikeme.channels.server import build_app
from talklikeme.channels.messenger_settings import MessengerSettings
from talklikeme.pages.chat import Chat
from talklikeme.pages.site import Site
from talklikeme.replies import load_replier
replier = load_replier(Path("out/model"))
build_app(replier, None, Site(Chat()))
said = replier.reply([{"role": "user", "content": "whats up"}])
files = [m.__file__ for n, m in sys.modules.items() if n == "app" or n.startswith("talklikeme")]
names = set()
for file in filter(None, files):
    for node in ast.walk(ast.parse(Path(file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
owners = importlib.metadata.packages_distributions()
used = {owners[n][0].lower() for n in names if n in owners and sys.modules.get(n) and n != "talklikeme"}
print(json.dumps({"used": sorted(used), "files": files, "said": said}))
"""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """out/ with everything that the three scripts make, tiny, and a clean leak report."""
    out = tmp_path_factory.mktemp("out")
    make_inputs(out)
    options = tiny(out, max_steps=2, evaluate=False)
    finetuning.finetune(options, load_inputs(options))
    report = out / "model" / "evaluation.json"
    report.write_text(json.dumps(json.loads(report.read_text()) | CLEAR))
    return out


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with hub_of_this_process(monkeypatch) as fake:
        yield fake


def run_python(code: str, *argv: str, cwd: Path, **env: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", code, *argv],
        cwd=cwd, env=os.environ | env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_plain_transformers_and_datasets_load_what_was_pushed(
    server: FakeHub, out: Path, tmp_path: Path
) -> None:
    hub.push(out / "model", REPO)
    hub.push(out / "tokenizer", WORDS)
    hub.push(out / "pairs", PAIRS)
    home = tmp_path / "empty"

    found = run_python(
        LOAD, str(out), REPO, WORDS, PAIRS, cwd=tmp_path, **environment(server, home)
    )

    assert found["there"] == found["here"]
    assert found["words"][0] == found["words"][1]
    assert found["rows"] == {"train": 64, "validation": 8, "test": 8}
    assert found["row"]["completion"] == [{"role": "assistant", "content": "lol"}]
    assert found["foreign"] == []
    assert server.sent(r"GET /robin/talks/resolve/\w+/model\.safetensors")


def write_and_read_card(folder: Path) -> str:
    """The card of a model whose report was changed by hand."""
    model_card.write_card(folder)
    return (folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_code_on_the_model_card_answers(server: FakeHub, out: Path, tmp_path: Path) -> None:
    hub.push(out / "model", REPO)
    card = server.repo(REPO).files["README.md"].decode()
    here = write_and_read_card(out / "model")
    assert card.replace(REPO, "out/model") == here, "the card beside the model is another"
    [code] = re.findall(r"```python\n(.*?)```", card, re.DOTALL)

    told = run_python(
        f"{code}\nimport json; print(json.dumps([asked, ids.tolist(), said]))",
        cwd=tmp_path, **environment(server, tmp_path / "empty"),
    )  # fmt: skip

    from talklikeme.facts import read_nature
    from talklikeme.tokenizer import load_tokenizer
    from talklikeme.tokens import ChatEncoder

    encoder = ChatEncoder(load_tokenizer(out / "model"), read_nature(out / "model").limits)
    assert told[1] == [encoder.encode_context([{"role": "user", "content": "whats up"}])]


@pytest.mark.slow
def test_finetune_searches_for_leaks_and_pushes(
    server: FakeHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for module in (leaks, leak_search):
        monkeypatch.setattr(module, "REPLIES", 16)
    make_inputs(tmp_path)
    flags = ["--d-model", "32", "--d-ff", "48", "--encoder-layers", "1", "--decoder-layers", "1"]
    flags += ["--heads", "2", "--max-steps", "2", "--no-evaluate", "--precision", "float32"]
    flags += ["--out", str(tmp_path), "--max-context-tokens", "24", "--max-reply-tokens", "12"]

    first = call(finetune.main, [*flags, "--push-to-hub", REPO], capsys)

    assert first.code == 0, first.err
    assert f"pushed to {server.url}/{REPO} (private)" in first.out
    report = json.loads(server.repo(REPO).files["evaluation.json"])
    assert report["leaks"]["searched"] == 16
    assert "samples.jsonl" not in server.repo(REPO).files

    # Pushing is no other training: the same model goes to another place.
    again = call(finetune.main, [*flags, "--push-to-hub", "robin/other"], capsys)
    assert again.code == 0, again.err
    assert "already trained like this" in again.out
    weights = "model.safetensors"
    assert server.repo("robin/other").files[weights] == server.repo(REPO).files[weights]


@pytest.mark.slow
def test_the_first_two_scripts_push_what_they_made(
    server: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["configs/tiny.yaml", "--out", str(tmp_path), "--push-to-hub"]

    for script, repo in ((prepare_data, PAIRS), (train_tokenizer, WORDS)):
        done = call(script.main, [*given, repo], capsys)
        assert done.code == 0, done.err
        assert f"/{repo} (private)\n" in done.out

    pairs, words = server.repo(PAIRS, "dataset"), server.repo(WORDS)
    assert "in a pair as reply" in pairs.files["README.md"].decode()
    assert {name.partition("-")[0] for name in pairs.files} == {
        "README.md", "data/train", "data/validation", "data/test",
    }  # fmt: skip
    assert words.files["tokenizer.json"] == (tmp_path / "tokenizer/tokenizer.json").read_bytes()
    assert "bytes per token" in words.files["README.md"].decode()


def test_finetune_asks_for_the_token_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    done = call(finetune.main, ["--out", str(tmp_path), "--push-to-hub", REPO], capsys)
    assert done.code == 2
    assert re.fullmatch(r"error: HF_TOKEN is not set\.[^\n]*\n", done.err)


def test_the_trainers_own_push_is_refused(tmp_path: Path) -> None:
    from talklikeme.arguments import build_arguments
    from talklikeme.errors import ConfigError

    for trainer in ({"push_to_hub": True}, {"hub_token": "hf_x"}):
        with pytest.raises(ConfigError, match="use --push-to-hub") as told:
            build_arguments(tiny(tmp_path, trainer=trainer), tmp_path, validates=False)
        assert "hf_x" not in str(told.value)


@pytest.fixture
def space(server: FakeHub, out: Path, tmp_path: Path) -> Path:
    """The folder that the Hub would start: exactly what was pushed."""
    hub.push(out / "model", REPO, space=True)
    folder = tmp_path / "space"
    for name, content in server.repo(REPO, "space").files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.slow
def test_a_space_needs_what_its_requirements_name(space: Path) -> None:
    found = run_python(IMPORTED, cwd=space, OMP_NUM_THREADS="1")

    named = {line.partition("==")[0] for line in (space / "requirements.txt").read_text().split()}
    assert set(found["used"]) <= named
    assert not named & {"torch", "transformers"}
    assert all(Path(file).is_relative_to(space) for file in found["files"] if file)
    assert found["said"]


def ask(url: str, text: str) -> str:
    """One turn as the chat page asks for it."""
    call = f"{url}/gradio_api/call/chat"
    event = httpx.post(call, json={"data": [text]}, timeout=60).json()["event_id"]
    answer = httpx.get(f"{call}/{event}", timeout=60).text
    assert "event: complete" in answer, answer
    return answer


@pytest.mark.slow
def test_a_space_runs_from_what_was_pushed_alone(space: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"SPACE_ID": REPO, "SYSTEM": "spaces", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "app.py", "--port", "0"],
        cwd=space, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "from any machine" in line, process.communicate(timeout=30)
        url = re.findall(r"http://[\d.:]+", line)[0]
        assert httpx.get(f"{url}/healthz", timeout=60).json() == {"status": "ok"}
        proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "robin-talks.hf.space"}
        config = httpx.get(f"{url}/config", headers=proxied, timeout=60).json()
        assert config["root"].startswith("https://robin-talks.hf.space")
        assert ask(url, "whats up")
    finally:
        process.kill()
        process.communicate()
