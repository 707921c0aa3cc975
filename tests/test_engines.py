"""CTranslate2 says what transformers says, with nothing heavy imported, and is made anew for new weights."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoModelForSeq2SeqLM

from talklikeme.bare_tokenizer import load_bare_tokenizer
from talklikeme.engines import conversion
from talklikeme.engines.conversion import CONVERTED, convert, ensure_converted, find_converted
from talklikeme.engines.ct2 import CTranslate2Engine
from talklikeme.engines.reference import TransformersEngine
from talklikeme.errors import RunError
from talklikeme.facts import read_nature
from talklikeme.finetuning import finetune
from talklikeme.inputs import load_inputs
from talklikeme.replies import load_replier
from talklikeme.sampling import Sampling
from talklikeme.tokens import ChatEncoder
from tests.models import make_inputs, tiny

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")]

SURE, FREE = Sampling(0.0, 1.0), Sampling(1.0, 0.95)
ASKED = ["whats up", "lol", "do you like football?", "😂😂", "x" * 2000, "my wifi doesn't work"]


def friend(text: str) -> Any:
    return {"role": "user", "content": text}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model that the project ships, in a folder that may be written."""
    folder = tmp_path_factory.mktemp("base") / "model"
    shutil.copytree("models/base", folder, ignore=shutil.ignore_patterns(CONVERTED))
    convert(folder, "float32")
    convert(folder, "int8")
    return folder


@pytest.fixture(scope="module")
def encoder(base: Path) -> ChatEncoder:
    return ChatEncoder(load_bare_tokenizer(base), read_nature(base).limits)


@pytest.fixture(scope="module")
def fast(base: Path, encoder: ChatEncoder) -> CTranslate2Engine:
    return CTranslate2Engine(base / CONVERTED / "float32", encoder, "float32")


@pytest.fixture(scope="module")
def right(base: Path, encoder: ChatEncoder) -> TransformersEngine:
    return TransformersEngine(AutoModelForSeq2SeqLM.from_pretrained(base).float().eval(), encoder)


@pytest.fixture(scope="module")
def contexts(encoder: ChatEncoder) -> list[list[int]]:
    talk = [
        friend("hey"),
        {"role": "assistant", "content": "yo"},
        friend("how are you"),
        friend("?"),
    ]
    return [encoder.encode_context([])] + [
        encoder.encode_context([*talk[:turns], friend(text)]) for turns in (0, 4) for text in ASKED
    ]


def test_the_likeliest_replies_are_the_same_tokens(
    fast: CTranslate2Engine, right: TransformersEngine, contexts: list[list[int]]
) -> None:
    contexts = contexts[1:]
    ours, theirs = fast.draw(contexts, 1, SURE), right.draw(contexts, 1, SURE)
    assert [list(one.ids) for (one,) in ours] == [list(one.ids) for (one,) in theirs]
    assert [one.given for (one,) in ours] == pytest.approx(
        [one.given for (one,) in theirs], abs=2e-2
    )
    assert len({tuple(one.ids) for (one,) in ours}) > 2


def test_a_t5gemma_is_served_and_says_the_same(tmp_path: Path) -> None:
    """Its converter takes the decoder's first token for one that our tokenizers do not have."""
    make_inputs(tmp_path)
    options = tiny(tmp_path, start="scratch-t5gemma", max_steps=4, evaluate=False)
    finetune(options, load_inputs(options))
    fast = load_replier(tmp_path / "model", engine="ctranslate2", compute_type="float32")
    right = load_replier(tmp_path / "model", engine="transformers")
    encoder = fast.encoder
    asked = [encoder.encode_context([friend(text)]) for text in ("lol", "whats up", "why 😂")]
    replies = [encoder.encode_reply([text]) for text in ("k", "haha no way", "see you")]
    wanted = right.engine.score(asked, replies)
    assert fast.engine.score(asked, replies) == pytest.approx(wanted, abs=2e-3)
    drawn = [one for (one,) in fast.engine.draw(asked, 1, FREE)]
    longest = encoder.limits.max_reply_tokens
    said = [[*one.ids, *[encoder.end_id][: len(one.ids) < longest]] for one in drawn]
    assert [one.given for one in drawn] == pytest.approx(
        right.engine.score(asked, said), rel=0.01
    )  # tokens that are never drawn have some of an untrained model's odds


def test_an_empty_conversation_gets_an_opener(
    fast: CTranslate2Engine, encoder: ChatEncoder
) -> None:
    """CTranslate2 itself gives nothing back for an empty source."""
    (drawn,) = fast.draw([encoder.encode_context([])], 4, FREE)
    assert all(one.ids for one in drawn)


@pytest.mark.parametrize("name", ["fast", "right"])
def test_a_drawn_reply_knows_its_likelihood(
    name: str,
    request: pytest.FixtureRequest,
    encoder: ChatEncoder,
    contexts: list[list[int]],
) -> None:
    """Whatever the temperature, and with the end where it came to one."""
    engine: CTranslate2Engine = request.getfixturevalue(name)
    longest = encoder.limits.max_reply_tokens
    for context in contexts[1:]:
        (drawn,) = engine.draw([context], 4, Sampling(0.7, 0.9))
        said = [[*one.ids, *([encoder.end_id] if len(one.ids) < longest else [])] for one in drawn]
        found = engine.score([context] * len(said), said)
        assert [one.given for one in drawn] == pytest.approx(found, abs=2e-2)


def test_the_first_of_several_is_not_the_likeliest(
    fast: CTranslate2Engine, contexts: list[list[int]]
) -> None:
    """CTranslate2 sorts them: the first that fits was "lol" to everybody."""
    rounds = [replies for _ in range(4) for replies in fast.draw(contexts[1:], 8, FREE)]
    likeliest = [
        replies[0].given / (len(replies[0].ids) + 1)
        == max(one.given / (len(one.ids) + 1) for one in replies)
        for replies in rounds
    ]
    assert sum(likeliest) < len(rounds) / 2  # a quarter or so: equal ones are likely ones


def test_likelihoods_are_the_same_with_and_without_an_end(
    fast: CTranslate2Engine,
    right: TransformersEngine,
    encoder: ChatEncoder,
    contexts: list[list[int]],
) -> None:
    replies = [encoder.encode_reply([text, "ok"]) for text in ["lol", "i am fine, you?", "no"]]
    replies += [reply[:-1] for reply in replies]
    asked = (contexts * 2)[: len(replies)]
    found, wanted = fast.score(asked, replies), right.score(asked, replies)
    assert found == pytest.approx(wanted, abs=2e-3)
    assert all(value < 0 for value in found)
    assert fast.score([], []) == right.score([], []) == []


def test_int8_is_close_to_float32(
    base: Path, fast: CTranslate2Engine, encoder: ChatEncoder, contexts: list[list[int]]
) -> None:
    small = CTranslate2Engine(base / CONVERTED / "int8", encoder, "int8")
    replies = [encoder.encode_reply(["lol no i am fine thanks"])] * len(contexts)
    tokens = len(replies[0])
    for less, more in zip(
        small.score(contexts, replies), fast.score(contexts, replies), strict=True
    ):
        assert abs(less - more) / tokens < 0.05


def test_drawn_replies_differ_and_hold_no_control(
    fast: CTranslate2Engine, encoder: ChatEncoder, contexts: list[list[int]]
) -> None:
    drawn = fast.draw(contexts, 8, FREE)
    assert [len(replies) for replies in drawn] == [8] * len(contexts)
    never = {*encoder.context_only_ids, encoder.end_id}
    for replies in drawn:
        assert len({tuple(one.ids) for one in replies}) > 4
        for reply in (one.ids for one in replies):
            assert not never & set(reply)
            assert len(reply) <= encoder.limits.max_reply_tokens


def test_serving_imports_neither_torch_nor_transformers(base: Path) -> None:
    code = (
        "import sys, pathlib; from talklikeme.replies import load_replier\n"
        f"replier = load_replier(pathlib.Path({str(base)!r}))\n"
        "assert replier.reply([{'role': 'user', 'content': 'hi'}])\n"
        "print(sorted({'torch', 'transformers', 'datasets'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_other_weights_are_converted_anew(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(base, folder)
    assert find_converted(folder, "int8")
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[:-2] + b"\0\0")
    assert find_converted(folder, "int8") is None
    converted = ensure_converted(folder, "int8")
    assert converted == find_converted(folder, "int8")


def test_what_ctranslate2_does_not_know_is_answered_by_transformers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_inputs(tmp_path)
    options = tiny(tmp_path, start="scratch-bert2bert", max_steps=4, sample_steps=100)
    finetune(options, load_inputs(options))
    assert load_replier(tmp_path / "model").reply([friend("hi")])
    assert "CTranslate2 cannot run a encoder-decoder" in caplog.text
    with pytest.raises(RunError, match="cannot run a encoder-decoder"):
        load_replier(tmp_path / "model", engine="ctranslate2")


def test_a_conversion_that_breaks_is_one_line(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(base, folder, ignore=shutil.ignore_patterns(CONVERTED))
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(RunError, match="could not be converted for CTranslate2") as told:
        ensure_converted(folder, "int8")
    assert "\n" not in str(told.value)


def test_the_source_of_a_conversion_is_kept_beside_it(base: Path) -> None:
    kept = json.loads((base / CONVERTED / "int8" / conversion._SOURCE).read_text(encoding="utf-8"))
    assert len(kept["sha256"]) == 64
