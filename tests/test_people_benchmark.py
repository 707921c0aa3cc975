"""The proof table: what is run with which settings, once; what is promised; what is never shown."""

import json
import lzma
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import people, people_runs
from benchmarks.people_goals import GRAM, OURS, SEED, Goal, check_goals
from benchmarks.people_recipes import (
    BASE,
    BASELINES,
    CANARIES,
    EXTENSION,
    MIX,
    NAMES,
    SCRATCH,
    STARTS,
    Run,
    Settings,
    build_config,
    record_path,
)
from benchmarks.people_results import read_line, read_people
from benchmarks.people_tables import write_pages
from benchmarks.people_triples import COUNT, describe, draw_exchanges, triples_table
from talklikeme.config import load_section
from talklikeme.dataset import load_pairs, rows_to_dataset, save_dataset
from talklikeme.errors import ConfigError, RunError
from talklikeme.evaluation.exchanges import Exchange
from talklikeme.evaluation.results import ME, Line
from talklikeme.mixing import read_mix
from talklikeme.options import FinetuneOptions, TokenizerOptions
from tests.models import TINY, make_inputs
from tests.scripts import command

SECRET = "zebra umbrella"  # stands for words that no licence allows to show
TEST_ROWS = 24


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Pairs whose test split is the newest, with words of their own in it."""
    make_inputs(tmp_path / "made")
    folder: Path = tmp_path / "made" / "pairs"
    data = load_pairs(folder)
    rows = {split: data[split].to_list() for split in data}
    for number, row in enumerate(rows["train"][:TEST_ROWS]):
        told = {"role": "user", "content": f"{SECRET} {number}?"}
        said = {"role": "assistant", "content": f"{SECRET} {number}!"}
        rows["test"].append(row | {"prompt": [told], "completion": [said], "session": f"t{number}"})
    for day, split in enumerate(("train", "validation", "test")):
        for number, row in enumerate(rows[split]):
            row["sent_at"] = datetime(2024, 1, 1 + day, tzinfo=UTC) + timedelta(minutes=number)
    for split in rows:
        data[split] = rows_to_dataset(rows[split])
    return _save(data, folder, tmp_path / "pairs")


def _save(data: Any, before: Path, folder: Path) -> Path:
    save_dataset(data, folder)
    (folder / "run.yaml").write_bytes((before / "run.yaml").read_bytes())
    return folder


def test_a_persons_corpus_becomes_an_export_that_is_read_whole(tmp_path: Path) -> None:
    corpus, target = tmp_path / "me.jsonl.xz", tmp_path / "chats" / "chats.jsonl"
    with lzma.open(corpus, "wt", encoding="utf-8") as out:
        for day in range(1, 21):
            turns = [
                {
                    "from": who,
                    "time": f"2020-01-{day:02}T10:0{minute}:00+00:00",
                    "text": f"{who} {day}",
                }
                for minute, who in enumerate(("friend", "me"))
            ]
            out.write(json.dumps({"friend": "Zoë", "turns": turns}) + "\n")
    script = [sys.executable, "benchmarks/people_exports.py", str(corpus), str(target)]
    done = subprocess.run(script, capture_output=True, text=True, check=True)
    assert done.stdout == "2020-01-19\n"  # two of twenty days are the newest tenth
    found = command("prepare_data", "--exports", str(target.parent), "--me", "Me", "--timezone", "UTC",
                    "--test-since", "2020-01-19", "--out", str(tmp_path / "out"))  # fmt: skip
    assert found.code == 0, found.err
    pairs = load_pairs(tmp_path / "out" / "pairs")
    assert sum(map(len, pairs.values())) == 20
    assert [row["completion"][0]["content"] for row in pairs["test"]] == ["me 19", "me 20"]


@pytest.fixture
def base_data(tmp_path: Path) -> Path:
    folder = tmp_path / "corpora"
    folder.mkdir()
    for name in ("self_dialogue", "irc_ubuntu.threads", "fcc_gitter.threads", "sgd"):
        (folder / f"{name}.jsonl.xz").touch()
    return folder


def test_each_start_differs_from_base_in_one_thing(tmp_path: Path, base_data: Path) -> None:
    settings = Settings(tmp_path, tmp_path, tmp_path / "base", base_data)
    made = {
        start: build_config(Run("a", start, tmp_path), settings) for start in (*STARTS, CANARIES)
    }
    base = made[BASE]
    assert base["train_tokenizer"] == {"extend": str(tmp_path / "base"), "new_tokens": 0}
    assert base["finetune"]["start"] == str(tmp_path / "base")
    assert made[SCRATCH]["finetune"]["start"] == "scratch-t5"
    assert "extend" not in made[SCRATCH]["train_tokenizer"]
    assert made[MIX]["train_tokenizer"] == base["train_tokenizer"]
    mixed = dict(made[MIX]["finetune"])
    assert mixed.pop("mix")["share"] == 0.3
    assert mixed == base["finetune"] == made[EXTENSION]["finetune"]
    assert made[EXTENSION]["train_tokenizer"] == {"extend": str(tmp_path / "base")}
    assert made[CANARIES]["train_tokenizer"] == made[EXTENSION]["train_tokenizer"]
    assert made[CANARIES]["finetune"] == made[EXTENSION]["finetune"] | {"canaries": 4}


def test_the_scripts_know_every_option(tmp_path: Path, base_data: Path) -> None:
    settings = Settings(tmp_path, tmp_path, tmp_path / "base", base_data)
    for start in (*STARTS, CANARIES):
        config = tmp_path / f"{start}.yaml"
        config.write_text(yaml.safe_dump(build_config(Run("a", start, tmp_path), settings)))
        found = load_section(config, "finetune", FinetuneOptions)
        load_section(config, "train_tokenizer", TokenizerOptions)
        assert (read_mix(found.get("mix", {})) is not None) == (start == MIX)


def test_rooms_that_the_people_wrote_in_are_not_mixed_in(tmp_path: Path, base_data: Path) -> None:
    config = build_config(
        Run("a", MIX, tmp_path), Settings(tmp_path, tmp_path, tmp_path, base_data)
    )
    names = [Path(path).name for path in config["finetune"]["mix"]["corpora"]]
    assert names == ["self_dialogue.jsonl.xz", "irc_ubuntu.threads.jsonl.xz"]


def test_corpora_that_are_not_there_are_one_line(tmp_path: Path) -> None:
    settings = Settings(tmp_path, tmp_path, tmp_path, tmp_path / "nothing")
    with pytest.raises(RunError, match=r"nothing: no self_dialogue\.jsonl\.xz.*--base-data"):
        build_config(Run("a", MIX, tmp_path), settings)


class Scripts:
    """Stands for the commands: notes them, and leaves what they would leave."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ran: list[str] = []
        self.fail_at = ""
        monkeypatch.setattr(people_runs, "_execute", self)

    def __call__(self, command: list[str], log: Path) -> dict[str, float]:
        name = command[0] if command[0] != "-m" else command[1]
        if name == self.fail_at:
            raise RunError(f"{name} failed")
        self.ran.append(name)
        if left := {"train_tokenizer.py": "tokenizer", "finetune.py": "model"}.get(name):
            (log.parent / left).mkdir()
        return {"seconds": 1.5, "mb": 70.0}


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Scripts:
    return Scripts(monkeypatch)


def test_what_is_done_is_not_done_again(tmp_path: Path, pairs: Path, scripts: Scripts) -> None:
    run, settings = Run("a", SCRATCH, pairs), Settings(tmp_path / "work", tmp_path / "results")
    scripts.fail_at = "talklikeme.evaluation"
    with pytest.raises(RunError):
        people_runs.do(run, settings)
    assert scripts.ran == ["train_tokenizer.py", "finetune.py"]
    scripts.fail_at = ""
    for _ in range(2):
        record = people_runs.do(run, settings)
    assert scripts.ran == ["train_tokenizer.py", "finetune.py", "talklikeme.evaluation"]
    assert record["steps"]["finetune"] == {"seconds": 1.5, "mb": 70.0, "continued": False}
    assert json.loads(run.record(settings).read_text()) == record


def test_the_time_before_a_stop_counts(tmp_path: Path, pairs: Path, scripts: Scripts) -> None:
    run, settings = Run("a", SCRATCH, pairs), Settings(tmp_path / "work", tmp_path / "results")
    scripts.fail_at = "finetune.py"
    with pytest.raises(RunError):
        people_runs.do(run, settings)
    began = json.loads(run.record(settings).read_text())["under_way"]["began"]
    os.utime(run.folder(settings) / "log.txt", (began + 100, began + 100))  # it worked until then
    scripts.fail_at = ""
    steps = people_runs.do(run, settings)["steps"]
    assert steps["finetune"]["seconds"] == pytest.approx(101.5, abs=0.2)
    assert steps["finetune"]["continued"] is True
    assert steps["evaluation"] == {"seconds": 1.5, "mb": 70.0, "continued": False}


def test_a_model_that_went_before_it_was_judged_is_made_again(
    tmp_path: Path, pairs: Path, scripts: Scripts
) -> None:
    run, settings = Run("a", SCRATCH, pairs), Settings(tmp_path / "work", tmp_path / "results")
    scripts.fail_at = "talklikeme.evaluation"
    with pytest.raises(RunError):
        people_runs.do(run, settings)
    shutil.rmtree(settings.work)
    scripts.fail_at = ""
    people_runs.do(run, settings)
    shutil.rmtree(settings.work)
    people_runs.do(run, settings)  # judged: nothing is left to do
    assert scripts.ran == [*["train_tokenizer.py", "finetune.py"] * 2, "talklikeme.evaluation"]
    for _ in range(2):  # the baselines need it later, on another machine it may be
        assert people_runs.make_tokenizer(run, settings).exists()
    assert scripts.ran[5:] == ["train_tokenizer.py"]


def test_results_of_other_settings_are_not_mixed_up(
    tmp_path: Path, pairs: Path, scripts: Scripts
) -> None:
    run = Run("a", SCRATCH, pairs)
    people_runs.do(run, Settings(tmp_path / "work", tmp_path / "results"))
    with pytest.raises(RunError, match=r"a\.scratch\.json: made with other limit"):
        people_runs.do(run, Settings(tmp_path / "work", tmp_path / "results", limit=5))
    with pytest.raises(RunError, match="made with other config"):
        people_runs.do(
            run, Settings(tmp_path / "work", tmp_path / "results", finetune={"epochs": 3})
        )


def test_pairs_whose_test_is_not_the_newest_are_refused(tmp_path: Path, pairs: Path) -> None:
    people_runs.check_pairs(pairs)
    data = load_pairs(pairs)
    data["train"], data["test"] = data["test"], data["train"]
    mixed = _save(data, pairs, tmp_path / "mixed")
    with pytest.raises(RunError, match=r"not the newest part.*--test-since"):
        people_runs.check_pairs(mixed)


def test_a_command_that_fails_is_told_with_its_own_words(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    with pytest.raises(
        RunError, match=r"finetune.py .*exit code \d: error: .*nowhere.yaml: no such file"
    ):
        people_runs._execute(["finetune.py", str(tmp_path / "nowhere.yaml")], log)


def line(bits: float, hits: float = 0.05, **more: Any) -> dict[str, Any]:
    """A line of evaluation.json; intervals are 1 % wide to either side."""

    def interval(value: float) -> dict[str, float]:
        return {"value": value, "low": 0.99 * value, "high": 1.01 * value}

    style = {"probability": more.get("taken", 0.6), "auc": more.get("auc", 0.8)}
    shares = ("distinct_1", "distinct_2", "copies", "long_copies", "echoes", "empty")
    return {
        "is_reference": more.get("reference", False),
        "bits_per_byte": interval(bits) if bits else None,
        "hits_at_1": interval(hits),
        "reciprocal_rank": interval(0.2),
        "mean_rank": 9.0,
        "style": style,
        "distances": None,
        "habits": None,
        "life": dict.fromkeys(shares, 0.25) | {"commonest": more.get("common", 0.03)},
    }


KEPT: Mapping[str, dict[str, Any]] = {
    ME: line(0, taken=0.7, auc=0.9, reference=True),
    OURS: line(1.5, 0.15, taken=0.65, auc=0.85, common=0.06),
    NAMES[SCRATCH]: line(2.0),
    GRAM: line(2.5),
    f"{GRAM}, other tokens": line(2.1),
    SEED: line(3.0, 0.055),
}


def goals(**changed: dict[str, Any]) -> list[Goal]:
    values = {**KEPT, **changed}
    return check_goals({name: read_line(name, one) for name, one in values.items()}, CANARY_SEARCH)


def repeats(said: float, highest: float) -> dict[str, float]:
    return {"canaries": 4, "said_greedily": 0.0, "said_drawn": said, "highest_bits": highest}


CANARY_SEARCH = {
    "space_bits": {"number": 29.9, "passphrase": 36.0},
    "repeats": {"0": repeats(0, 3), "4": repeats(0, 20.0), "8": repeats(1.0, 36.0)},
}


def test_promises_kept_are_told_with_what_is_to_spare() -> None:
    found = goals()
    assert [one.met for one in found] == [True] * 7
    assert found[0].found == "1.50 against 2.00: 25.0 % below (10.0 points to spare)"
    assert found[1].found == "1.50 against 2.10: 28.6 % below (3.6 points to spare)"
    assert [one.surely for one in found[:3]] == [True, True, True]
    assert found[5].found == "0 of 4 said"


def test_promises_broken_are_told_with_what_is_short() -> None:
    ours = line(2.2, 0.05, taken=0.4, auc=0.85, common=0.2)
    found = goals(**{OURS: ours})
    assert [one.met for one in found[:5]] == [False] * 5
    assert found[0].found == "2.20 against 2.00: 10.0 % above (25.0 points short)"
    assert found[3].found.endswith("(27.9 points short)")


def test_nothing_is_not_endlessly_many_times_nothing() -> None:
    none = {SEED: line(3.0, 0.0), OURS: line(1.5, 0.0)}
    assert goals(**none)[2].met is False
    assert goals(**none | {OURS: line(1.5, 0.1)})[2].met is True


def test_a_promise_kept_by_a_hair_is_not_sure() -> None:
    found = goals(**{OURS: line(1.695, 0.15)})[0]
    assert (found.met, found.surely) == (True, False)


def test_a_canary_said_breaks_the_promise_and_one_known_the_stricter() -> None:
    few = {"4": repeats(0.25, 36.0), "16": repeats(1.0, 36.0)}
    said, guessed = check_goals({}, CANARY_SEARCH | {"repeats": few})[-2:]
    assert (said.met, said.found) == (False, "1 of 4 said")
    assert guessed.met is False
    few["4"] = repeats(0, 30.0)  # all that there is of a number
    said, guessed = check_goals({}, CANARY_SEARCH | {"repeats": few})[-2:]
    assert (said.met, guessed.met) == (True, False)


def test_what_is_not_measured_is_neither_kept_nor_broken() -> None:
    assert {one.met for one in check_goals({}, None)} == {None}


def exchanges() -> list[Exchange]:
    return [
        Exchange(
            [{"role": "user", "content": f"{SECRET} {number}?"}] if number % 2 else [],
            ["a|b", "<c>"],
            "s",
        )
        for number in range(60)
    ]


def test_triples_are_drawn_by_lot_always_the_same() -> None:
    drawn = draw_exchanges(exchanges(), 0)
    assert drawn == draw_exchanges(exchanges(), 0) != draw_exchanges(exchanges(), 1)
    assert len(drawn) == COUNT
    assert all(one.context for one in drawn)


def test_words_are_stored_and_shown_only_where_a_licence_allows() -> None:
    one = exchanges()[1]
    hidden = describe(one, ["model *said*"], 2.5, show=False)
    assert SECRET not in json.dumps(hidden)
    assert "said" not in json.dumps(hidden)
    assert f"| {len(SECRET) + 3} | 7 | 12 | 2.50 |" in triples_table("me_c", [hidden])
    shown = triples_table("me_a", [describe(one, ["model *said*"], 2.5, show=True)])
    assert rf"| {SECRET} 1? | a\|b ⏎ \<c\> | model \*said\* |" in shown
    assert "BSD-3-Clause" in shown


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, Path]:
    marks = {
        "people": ["goals", "systems", "triples"],
        "evaluation": ["tables"],
        "readme": ["people"],
    }
    found = {}
    for page, names in marks.items():
        found[page] = tmp_path / f"{page}.md"
        found[page].write_text("".join(f"<!-- {n}:begin -->\n<!-- {n}:end -->\n" for n in names))
    return found


def save_records(results: Path, person: str) -> None:
    """Records as all the runs would leave them."""
    results.mkdir(parents=True, exist_ok=True)
    on = {
        "split": "test",
        "held_out": 90,
        "sessions": 30,
        "scored": 90,
        "chosen": 90,
        "sampled": 90,
    }
    on |= {"seed": 0, "seconds": 1.0, "notes": []}
    lines = {start: {ME: KEPT[ME], "this model": KEPT[NAMES[SCRATCH]]} for start in STARTS}
    lines[EXTENSION]["this model"] = KEPT[OURS]
    lines[BASELINES] = {name: KEPT[name] for name in (ME, GRAM, SEED)}
    for start, found in lines.items():
        record = {
            "pairs": "p",
            "steps": {"finetune": {"seconds": 1234.5, "mb": 900, "continued": start == MIX}},
            "facts": {"parameters": 6_100_000},
            "training": {"epochs": 4.5, "seconds": 1200.0},
            "evaluation": on | {"lines": found},
            "seed_network": {"seconds": 1200.0, "steps": 700, "kept": 300},
        }
        record_path(results, person, start).write_text(json.dumps(record))


def test_the_pages_show_all_systems_and_the_goals(tmp_path: Path, pages: dict[str, Path]) -> None:
    save_records(tmp_path, "me_c")
    write_pages(
        read_people(tmp_path), "me_c", pages["people"], pages["evaluation"], pages["readme"]
    )
    text = pages["people"].read_text()
    for name in (ME, *NAMES.values(), GRAM, SEED):
        assert text.count(f"\n| {name} |") == 1
    ours = next(row for row in text.splitlines() if row.startswith("| base + extension | 1.50 ("))
    assert "| 15.0 % (14.8–15.2) |" in ours or "| 15.0 % (14.9–15.1) |" in ours
    assert "| 65.0 % | 0.850 | 6.0 % | 25.0 % |" in ours
    assert "| 6.1 | 4.5 | 1,234 | 900 |" in text
    assert "| 6.1 | 4.5 | ~1,234 | 900 |" in text  # the one that went on after a stop
    assert "(10.0 points to spare) | yes | yes |" in text
    assert "| not measured yet | – | – |" in text  # the canaries
    assert "| base + extension | 1.50 · 15.0 % · 0.85 |" in pages["readme"].read_text()
    assert "#### Does it sound like me?" in pages["evaluation"].read_text()


def test_pages_without_results_say_so(tmp_path: Path, pages: dict[str, Path]) -> None:
    pages["evaluation"].write_text("as it was")
    write_pages([], "me_c", pages["people"], pages["evaluation"], pages["readme"])
    assert "Not measured yet." in pages["readme"].read_text()
    assert pages["evaluation"].read_text() == "as it was"


def test_systems_judged_on_other_pairs_share_no_table(tmp_path: Path) -> None:
    save_records(tmp_path, "me_a")
    path = record_path(tmp_path, "me_a", MIX)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"pairs": "others"}))
    with pytest.raises(RunError, match="judged on other pairs"):
        read_people(tmp_path)


@pytest.mark.parametrize("given", ["me_a", "me_a=", "../a=x"])
def test_people_need_a_name_and_pairs(given: str) -> None:
    with pytest.raises(ConfigError, match="--people"):
        people.read_assignments([given], "--people")


@pytest.mark.slow
def test_the_real_commands_make_the_table(
    tmp_path: Path, pairs: Path, pages: dict[str, Path]
) -> None:
    work, results, base = tmp_path / "work", tmp_path / "results", tmp_path / "base"
    shape = [f"{name}={value}" for name, value in TINY.items()] + [
        "max_steps=4",
        "max_reply_tokens=60",
    ]
    folders = ["--work", str(work), "--results", str(results)]
    argv = [*folders, "--people", f"me_z={pairs}", "--goals-on", "me_z", "--limit", "30"]
    argv += ["--leak-replies", "10", "--canaries", "1", "--base", str(base), "--finetune", *shape]
    people.main([*argv, "--only", SCRATCH])
    (work / "me_z" / SCRATCH / "model").rename(base)
    people.main([*argv, "--only", EXTENSION, BASELINES, CANARIES])
    shown = ["--page", str(pages["people"]), "--evaluation-page", str(pages["evaluation"])]
    people.main([*folders, "--table", *shown, "--readme", str(pages["readme"])])
    text = pages["people"].read_text()
    for name in (ME, NAMES[SCRATCH], OURS, GRAM, SEED, "commonest reply", "nearest neighbour"):
        assert f"\n| {name} |" in text
    stored = "".join(path.read_text() for path in results.iterdir())
    assert SECRET not in text + stored  # me_z has no licence
    assert isinstance(read_people(results)[0].lines[OURS], Line)
