"""Every start by its commands, from the bundled exports to an answer; plain transformers reads the result."""

import json
import shutil
from pathlib import Path

import pytest
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, EncoderDecoderModel

import finetune
import prepare_data
import train_tokenizer
from talklikeme.replies import load_replier
from tests.checkpoints import KINDS, make_checkpoint
from tests.scripts import call

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*"),
]

SIZE = ["--d-model", "32", "--d-ff", "48", "--heads", "2", "--encoder-layers", "1",
        "--decoder-layers", "1"]  # fmt: skip
RUN = ["--max-steps", "12", "--eval-steps", "6", "--sample-steps", "12", "--batch-size", "16", "--no-evaluate",
       "--max-context-tokens", "48", "--max-reply-tokens", "24", "--friend-tokens", "3"]  # fmt: skip


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    assert prepare_data.main(["configs/tiny.yaml", "--out", str(folder)]) == 0
    return folder / "pairs"


@pytest.mark.parametrize("start", [*KINDS, "scratch-t5", "scratch-t5gemma", "scratch-bert2bert"])
def test_from_exports_to_an_answer(
    pairs: Path, tmp_path: Path, start: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", str(tmp_path)]
    shutil.copytree(pairs, tmp_path / "pairs")
    tokenizer = ["configs/tiny.yaml", *out]
    if start in KINDS:
        base = make_checkpoint(start, tmp_path / "base")
        tokenizer, start = [*out, "--extend", str(base)], str(base)
    assert call(train_tokenizer.main, tokenizer, capsys).error_lines == []
    done = call(finetune.main, [*out, "--start", start, *SIZE, *RUN], capsys)
    assert (done.code, done.error_lines) == (0, [])

    model = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "model")
    words = AutoTokenizer.from_pretrained(tmp_path / "model")
    assert len(words) <= model.get_input_embeddings().num_embeddings
    ids = words("<friend> whats up", return_tensors="pt", add_special_tokens=False).input_ids
    assert model.generate(ids).shape[1] > 1
    if isinstance(model, EncoderDecoderModel):
        EncoderDecoderModel.from_pretrained(tmp_path / "model")
    replier = load_replier(tmp_path / "model")
    friends = json.loads((tmp_path / "model" / "friends.json").read_text(encoding="utf-8"))
    assert len(friends) == 3
    assert replier.reply([{"role": "user", "content": "whats up"}], next(iter(friends)))
