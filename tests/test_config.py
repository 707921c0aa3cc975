"""Options: a YAML first, flags on top, every mistake one line."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from talklikeme.config import parse
from talklikeme.errors import ConfigError
from talklikeme.options import ColumnMapping, FinetuneOptions, PrepareOptions


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "run.yaml"
    path.write_text(
        "out: elsewhere\nfinetune:\n  learning_rate: 2e-5\n  epochs: 3\n  trainer: {optim: sgd}\n",
        encoding="utf-8",
    )
    return path


def finetune(*argv: str) -> FinetuneOptions:
    return parse(FinetuneOptions, "finetune", "", argv)


def test_flags_win_over_the_yaml_and_the_yaml_over_defaults(config: Path) -> None:
    options = finetune(
        str(config), "--epochs", "5", "--trainer", "optim=adamw_torch", "max_grad_norm=2"
    )

    assert options.epochs == 5
    assert options.learning_rate == 2e-5  # YAML 1.1 reads 2e-5 as a string
    assert options.out == Path("elsewhere")
    assert options.batch_size == FinetuneOptions().batch_size
    assert options.trainer == {"optim": "adamw_torch", "max_grad_norm": 2}


def test_repeated_and_listed_values_add_up() -> None:
    options = parse(
        PrepareOptions,
        "prepare_data",
        "",
        ["--me", "Zoë", "--me", "+49 1", "--exports", "a", "b", "--no-inspect"],
    )

    assert options.me == ("Zoë", "+49 1")
    assert options.exports == (Path("a"), Path("b"))


@pytest.mark.parametrize(
    ("yaml", "argv", "complaint"),
    [
        ("finetune: {lerning_rate: 1}", [], "no such option: lerning_rate. Known: .*learning_rate"),
        ("finetuning: {}", [], "no such script or shared option: finetuning. Known: .*finetune"),
        (
            "finetune: {batch_size: many}",
            [],
            "finetune: batch_size: .*valid integer.* found 'many'",
        ),
        ("finetune: {dropout: 1.5}", [], "finetune: dropout: .*less than 1, found 1.5"),
        ("finetune: [1, 2]", [], r"finetune: needs a list of options, found \[1, 2\]"),
        ("finetune: {epochs: 3", [], r"run.yaml:1: not valid YAML"),
        ("[]", [], "needs one section per script"),
        ("finetune: {learning_rate: .nan}", [], "learning_rate: .*finite"),
        ("{}", ["--batch-size", "0"], "--batch-size: .*greater than 0, found '0'"),
        ("{}", ["--batchsize", "3"], "no such option: --batchsize.* Known: .*--batch-size"),
        ("{}", ["--precision", "fp8"], "--precision: invalid choice: 'fp8'"),
        ("{}", ["--trainer", "optim"], "--trainer optim: needs KEY=VALUE"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(
    tmp_path: Path, yaml: str, argv: list[str], complaint: str
) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(yaml, encoding="utf-8")

    with pytest.raises(ConfigError, match=complaint) as caught:
        finetune(str(path), *argv)
    assert "\n" not in str(caught.value)


def prepare(*argv: str) -> PrepareOptions:
    return parse(PrepareOptions, "prepare_data", "", argv)


def test_columns_are_named_in_the_yaml_or_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("prepare_data: {columns: {text: a, sender: 2, mine: Kim}}", encoding="utf-8")

    assert prepare(str(path)).columns == ColumnMapping(text="a", sender="2", mine=("Kim",))
    told = prepare(str(path), "--columns", "text=b", "direction=d", "time=t", "time_format=%d%m%Y")
    assert told.columns == ColumnMapping(
        text="b", direction="d", time="t", time_format="%d%m%Y"
    )  # the whole of it, as with every option


def test_the_documented_columns_are_understood(tmp_path: Path) -> None:
    documented = Path("docs/formats.md").read_text(encoding="utf-8").split("```yaml\n")[1]
    path = tmp_path / "run.yaml"
    path.write_text(documented.partition("```")[0], encoding="utf-8")

    assert prepare(str(path)).columns == ColumnMapping(
        text="Nachricht",
        sender="Absender",
        time="Datum+Uhr",
        time_format="%d.%m.%y %H:%M",
        mine=("Kim", "Kim B."),
    )


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        ("{text: a, sendr: b}", "columns: no such key: sendr. Known: text, sender, time, "),
        ("{text: a, time: b}", "columns: it needs text, and sender or direction, found"),
        ("{sender: a}", "columns: it needs text, and sender or direction, found"),
        ("{text: [a], sender: b}", r"columns.text: input should be a valid string, found \['a'\]"),
        ("{text: a, sender: b, mine: true}", r"columns.mine.0: .*valid string, found True"),
        ("[text, sender]", r"columns: needs text, sender, .*, found \['text', 'sender'\]"),
        ("{text: a, sender: b, time: c, time_format: '%Q'}", "time_format cannot be used: 'Q' is"),
        ("{text: a, sender: b, time: c, time_format: '%H:%M'}", "needs a day, a month and a year"),
        ("{text: a, sender: b, time_format: '%c'}", "time_format is there, but time is not"),
    ],
)
def test_a_mistake_in_the_columns_is_one_line(tmp_path: Path, columns: str, complaint: str) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(f"prepare_data: {{columns: {columns}}}", encoding="utf-8")

    with pytest.raises(ConfigError, match=f"run.yaml, prepare_data: .*{complaint}") as caught:
        prepare(str(path))
    assert "\n" not in str(caught.value)


def test_a_missing_yaml_names_its_neighbours(config: Path) -> None:
    with pytest.raises(ConfigError, match=r"runn.yaml: no such file. Known: .*run.yaml"):
        finetune(str(config.with_name("runn.yaml")))


@pytest.mark.parametrize("script", ["prepare_data", "train_tokenizer", "finetune", "app"])
def test_help_is_there_at_once(script: str) -> None:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, f"{script}.py", "--help"], capture_output=True, text=True
    )

    assert done.returncode == 0
    assert f"python {script}.py configs/tiny.yaml" in done.stdout
    assert time.perf_counter() - start < 5  # about 0.2 s; importing torch alone takes longer
    imports = f"import sys, {script}; sys.exit('torch' in sys.modules or 'gradio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", imports]).returncode == 0
