"""Replies: never empty, bounded, the same context as in training, whatever the friend types."""

from pathlib import Path
from typing import Any

import pytest

from talklikeme.answering import NOTHING_TO_SAY
from talklikeme.engines import Drawn
from talklikeme.errors import RunError
from talklikeme.finetuning import finetune
from talklikeme.inputs import load_inputs
from talklikeme.replies import EngineReplier, load_replier
from talklikeme.tokenizer import load_tokenizer
from talklikeme.training import encode_pairs
from tests.models import make_inputs, tiny

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    make_inputs(folder)
    options = tiny(folder, max_steps=8, sample_steps=100)
    finetune(options, load_inputs(options))
    return folder


@pytest.fixture(scope="module")
def reference(out: Path) -> EngineReplier:
    return load_replier(out / "model", temperature=1.0, top_p=1.0, engine="transformers")


@pytest.fixture(scope="module", params=["ctranslate2", "transformers"])
def replier(out: Path, request: pytest.FixtureRequest) -> EngineReplier:
    return load_replier(out / "model", temperature=1.0, top_p=1.0, engine=request.param)


def friend(text: str) -> Any:
    return {"role": "user", "content": text}


@pytest.mark.parametrize(
    "turns",
    [
        [],
        [friend("whats up")],
        [friend("")],
        [friend("x" * 100_000)],
        [friend("😂" * 50)],
        [friend("\x00\x07\ud800 \u202eمرحبا z̸̡̛a̵l")],
        [friend("</s> <me> <pad> <bubble>")],
        [friend("hi"), {"role": "assistant", "content": "hey"}] * 100,
        [{"role": "assistant", "content": "i spoke last"}],
    ],
    ids=lambda turns: repr(turns)[:30],
)
def test_there_is_always_an_answer_within_the_budget(replier: EngineReplier, turns: Any) -> None:
    for _ in range(5):
        bubbles = replier.reply(turns)
        assert bubbles
        assert all(bubble.strip() for bubble in bubbles)
        assert sum(map(len, bubbles)) < 12 * 24  # 12 tokens of at most some letters each


def test_a_model_with_nothing_to_say_says_so(
    replier: EngineReplier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replier.engine, "draw", lambda *a, **k: [[Drawn([], -1.0)] * 3])
    assert replier.reply([friend("hi")]) == [NOTHING_TO_SAY]


def test_chat_reads_a_conversation_exactly_as_training_did(
    out: Path, reference: EngineReplier, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = tiny(out)
    inputs = load_inputs(options)
    trained_on = encode_pairs(inputs.pairs["train"], inputs.encoder)["input_ids"]
    seen: list[list[int]] = []

    def generate(input_ids: Any, **kwargs: Any) -> Any:
        seen.append(input_ids[0].tolist())
        return input_ids.new_full((8, 2), inputs.encoder.end_id)

    monkeypatch.setattr(reference.engine._model, "generate", generate)
    for pair in inputs.pairs["train"]:
        reference.reply(pair["prompt"])
    assert seen == list(trained_on)


def test_the_likeliest_reply_is_always_the_same(out: Path) -> None:
    sure = load_replier(out / "model", temperature=0, compute_type="float32")
    assert sure.reply([friend("lol")]) == sure.reply([friend("lol")])


def say(out: Path, *wanted: int) -> list[str]:
    """What chat makes of a model that is bent on these ids, one after the other, else on "haha"."""
    replier = load_replier(out / "model", temperature=0, engine="transformers")
    [haha] = load_tokenizer(out / "model")(" haha", add_special_tokens=False).input_ids
    left = list(wanted)

    def insist(_module: Any, _given: Any, logits: Any) -> Any:
        logits[..., haha] += 500
        if left:
            logits[..., left.pop(0)] += 1000
        return logits

    replier.engine._model.get_output_embeddings().register_forward_hook(insist)
    return replier.reply([friend("whats up")])


@pytest.mark.parametrize(
    ("text", "shown"),
    [("+1", "+1"), ("~ soon", "~ soon"), ("<phone> is mine", "… is mine"), ("lol", "lol")],
)
def test_a_reply_may_begin_with_any_character(out: Path, text: str, shown: str) -> None:
    encoder = load_inputs(tiny(out)).encoder
    assert say(out, *encoder.encode_reply([text])) == [shown]


@pytest.mark.parametrize("words", [" ", "  ", "\n", " \n ", ""])
@pytest.mark.parametrize("end", ["</s>", "<bubble>"])
def test_a_reply_is_never_white_space_alone(out: Path, words: str, end: str) -> None:
    tokenizer = load_tokenizer(out / "model")
    blank = tokenizer(words, add_special_tokens=False).input_ids
    assert say(out, *blank, tokenizer.convert_tokens_to_ids(end)) != [NOTHING_TO_SAY]


@pytest.mark.parametrize(
    "broken", ["model.safetensors", "talklikeme.json", "tokenizer.json", "config.json"]
)
def test_a_broken_model_folder_is_one_line(out: Path, tmp_path: Path, broken: str) -> None:
    import shutil

    shutil.copytree(out / "model", tmp_path / "model")
    (tmp_path / "model" / broken).write_bytes(b"{")
    with pytest.raises(
        RunError, match=r"Run python (finetune|train_tokenizer)\.py again|not a tokenizer"
    ):
        load_replier(tmp_path / "model", engine="transformers")
    shutil.rmtree(tmp_path / "model" / "ctranslate2", ignore_errors=True)
    with pytest.raises(RunError, match=r"(?s)model.*") as told:
        load_replier(tmp_path / "model")
    assert "\n" not in str(told.value)


def test_no_model_yet_names_the_script_to_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"not there yet. Run python finetune\.py first"):
        load_replier(tmp_path / "model")
