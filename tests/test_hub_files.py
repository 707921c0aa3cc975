"""What goes up: the files on the list, without a name, a path or a text; all else stays here."""

import json
from pathlib import Path

import pytest
import yaml
from pyarrow import parquet

from talklikeme import hub_files, model_card
from talklikeme.errors import RunError
from talklikeme.hub_files import Content, Files, pack_model, pack_pairs, pack_tokenizer, tell_kind
from tests.hub_folders import (
    MARK,
    make_model_folder,
    make_pairs_folder,
    make_tokenizer_folder,
)

REPO = "robin/talks"


def read(content: Content) -> bytes:
    return content if isinstance(content, bytes) else content.read_bytes()


def text_of(files: Files, name: str) -> str:
    return read(files[name]).decode()


def front_matter(files: Files) -> dict[str, object]:
    head, front, _ = text_of(files, "README.md").split("---\n", 2)
    assert head == ""
    loaded = yaml.safe_load(front)
    assert isinstance(loaded, dict)
    return loaded


def assert_nothing_private(files: Files) -> None:
    for name, content in files.items():
        for private in (MARK, MARK.split()[0], "/home/", "/exports/"):
            assert private.encode() not in read(content), f"{private} in {name}"
            assert private not in name


def test_of_a_model_folder_exactly_the_listed_files_go_up(tmp_path: Path) -> None:
    files = pack_model(make_model_folder(tmp_path / "model"), REPO)

    assert set(files) == {
        "README.md", "config.json", "evaluation.json", "evaluation_style.png", "generation_config.json",
        "model.safetensors", "run.yaml", "talklikeme.json", "tokenizer.json", "tokenizer_config.json",
    }  # fmt: skip
    assert_nothing_private(files)


def test_what_loading_and_training_need_survives_the_cleaning(tmp_path: Path) -> None:
    files = pack_model(make_model_folder(tmp_path / "model"), REPO)

    assert json.loads(text_of(files, "config.json")) == {
        "model_type": "t5",
        "encoder": {"d_model": 8},
    }
    run = yaml.safe_load(text_of(files, "run.yaml"))
    assert run["script"] == "finetune"
    assert run["options"] == {
        "seed": 0, "learning_rate": 0.001, "precision": "auto", "canaries": 0, "compile": False,
    }  # fmt: skip
    facts = json.loads(text_of(files, "talklikeme.json"))
    assert set(facts) == {"pairs", "parameters", "limits", "redaction"}


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    folder = make_model_folder(tmp_path / "model")
    (tmp_path / "elsewhere.json").write_text("{}")
    (folder / "special_tokens_map.json").symlink_to(tmp_path / "elsewhere.json")

    assert "special_tokens_map.json" not in pack_model(folder, REPO)


def test_sharded_weights_go_up_with_their_index(tmp_path: Path) -> None:
    folder = make_model_folder(tmp_path / "model")
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    (folder / "model-00002-of-00002.safetensors").write_bytes(b"more")
    (folder / "model.safetensors.index.json").write_text("{}")

    weights = {name for name in pack_model(folder, REPO) if name.startswith("model")}

    assert tell_kind(folder) == "model"
    assert weights == {
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
    }


def test_a_tokenizer_goes_up_without_its_reports(tmp_path: Path) -> None:
    files = pack_tokenizer(make_tokenizer_folder(tmp_path / "tokenizer"), REPO)

    assert set(files) == {"README.md", "extension.json", "tokenizer.json", "tokenizer_config.json"}
    assert_nothing_private(files)
    assert json.loads(text_of(files, "extension.json"))["pieces"] == {"2": [1]}
    config = json.loads(text_of(files, "tokenizer_config.json"))
    assert config == {"eos_token": "</s>", "files": ["kept"]}
    card = text_of(files, "README.md")
    assert "3 tokens" in card
    assert "| bytes per token | 3.25 |" in card
    assert "learned from private chats" in card


def test_pairs_go_up_as_parquet_with_numbers_for_friends(tmp_path: Path) -> None:
    folder = make_pairs_folder(tmp_path / "pairs")

    files = pack_pairs(folder, REPO, tmp_path)

    assert set(files) == {
        "README.md", "data/train-00000-of-00001.parquet", "data/test-00000-of-00001.parquet",
    }  # fmt: skip
    assert_nothing_private(files)
    train = parquet.read_table(tmp_path / "train-00000-of-00001.parquet").to_pylist()
    test = parquet.read_table(tmp_path / "test-00000-of-00001.parquet").to_pylist()
    assert tuple(train[0]) == hub_files.COLUMNS
    assert [row["friend"] for row in train + test] == [
        "friend 1",
        "friend 2",
        "friend 1",
        "friend 2",
    ]
    assert [row["session"] for row in train + test] == [
        "session 1", "session 2", "session 1", "session 3",
    ]  # fmt: skip
    assert train[1]["completion"] == [{"role": "assistant", "content": "answer 2"}]


def test_the_dataset_card_counts_and_warns(tmp_path: Path) -> None:
    files = pack_pairs(make_pairs_folder(tmp_path / "pairs"), REPO, tmp_path)

    card, front = text_of(files, "README.md"), front_matter(files)
    assert front["license"] == "other"
    assert front["configs"] == [
        {
            "config_name": "default",
            "data_files": [
                {"split": "train", "path": "data/train-*.parquet"},
                {"split": "test", "path": "data/test-*.parquet"},
            ],
        }
    ]
    assert "| train | 3 |" in card
    assert "4 in a pair as reply, 2 system notice" in card
    assert "3 phone" in card
    assert "names in texts stay as they are" in card


def test_the_dataset_card_says_where_secrets_are_not_redacted(tmp_path: Path) -> None:
    files = pack_pairs(make_pairs_folder(tmp_path / "pairs", redact="report"), REPO, tmp_path)

    assert "**Secrets in them were not redacted.**" in text_of(files, "README.md")


def test_the_model_card_holds_metrics_and_limits(tmp_path: Path) -> None:
    files = pack_model(make_model_folder(tmp_path / "model"), REPO)

    card, front = text_of(files, "README.md"), front_matter(files)
    assert front["license"] == "other"
    index = front["model-index"]
    assert isinstance(index, list)
    values = {
        metric["type"]: metric["value"]
        for result in index[0]["results"]
        for metric in result["metrics"]
    }
    assert values == {"bits_per_byte": 2.77, "hits_at_1": 0.055, "style": 0.79}
    assert "| this model | 2.770 | 0.055 | 0.790 |" in card
    assert "1,234 pairs" in card
    assert "3,700,000 parameters, fine-tuned" in card
    assert "10,000 drawn replies said none of the known secrets of 12" in card
    assert 'from_pretrained("robin/talks")' in card
    assert "base_model" not in front  # a folder of this machine


def test_a_base_and_corpora_of_the_hub_are_credited() -> None:
    options = {
        "start": "google/flan-t5-small",
        "mix": {"corpora": ["li2017/daily_dialog", "x.csv"]},
    }

    card = model_card.model_card({"options": options, "inputs": {}}, {}, {}, repo=REPO)

    front = yaml.safe_load(card.split("---\n")[1])
    assert front["base_model"] == "google/flan-t5-small"
    assert front["datasets"] == ["li2017/daily_dialog"]
    assert "what comes from google/flan-t5-small keeps its own" in card
    assert "Whether it gives private text away was **not checked**" in card
    assert "It was not judged." in card
    assert "x.csv" not in card


def test_a_model_made_from_the_base_model_carries_its_licence_and_credits(tmp_path: Path) -> None:
    folder = make_model_folder(tmp_path / "model")
    credits_text = "---\nlicense: cc-by-sa-4.0\n---\nChats of one, talks of another\n"
    (folder / "CREDITS.md").write_text(credits_text, encoding="utf-8")

    files = pack_model(folder, REPO)

    assert text_of(files, "CREDITS.md") == credits_text
    assert front_matter(files)["license"] == "cc-by-sa-4.0"
    assert "under the same licence" in text_of(files, "README.md")


@pytest.mark.parametrize(
    "broken", ["no front matter", "---\nlicense: [\n---\n", "---\n- a\n---\n", ""]
)
def test_credits_that_name_no_licence_are_none(tmp_path: Path, broken: str) -> None:
    folder = make_model_folder(tmp_path / "model")
    (folder / "CREDITS.md").write_text(broken, encoding="utf-8")
    assert front_matter(pack_model(folder, REPO))["license"] == "other"


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (make_model_folder, "model"),
        (make_tokenizer_folder, "tokenizer"),
        (make_pairs_folder, "pairs"),
    ],
)
def test_a_folder_is_known_by_its_content(made, kind: str, tmp_path: Path) -> None:
    assert tell_kind(made(tmp_path / "any name")) == kind


def test_what_is_nothing_of_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"x")
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(RunError, match=r"holds no model, tokenizer or pairs"):
            tell_kind(folder)
