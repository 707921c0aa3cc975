"""Options of a script: a YAML file first, flags on top, every value checked against its type.

The options are a dataclass; its fields are the flags and the keys of the script's section in the
YAML. argparse only collects strings, pydantic gives them their types and says what does not fit:
transformers' HfArgumentParser would cost `--help` more than a second (docs/decisions/001).
"""

import argparse
from collections.abc import Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import yaml
from pydantic import TypeAdapter, ValidationError

from talklikeme.commands import Parser
from talklikeme.errors import ConfigError

Options = TypeVar("Options")


def parse(
    types: type[Options], script: str, description: str, argv: Sequence[str] | None = None
) -> Options:
    """Read the options of `script` from the command line and from the YAML named first on it.

    Raises ConfigError for an unknown key, a wrong type and a broken file.
    """
    given = _read_flags(_build_parser(types, script, description), argv)
    config = given.pop("config")
    values = load_section(config, script, types) if config else {}
    # The file by itself first, so that a mistake in it is told with its name.
    _check(types, values, f"{config}, {script}: ")
    return _check(types, values | given | {"config": config}, "--")


def _check(types: type[Options], values: dict[str, Any], where: str) -> Options:
    for name, (_, annotation) in _flags(types).items():
        kind = _without_none(annotation)
        value = values.get(name)
        if is_dataclass(kind) and value is not None:
            known = [key.name for key in fields(kind)]
            if not isinstance(value, dict):
                raise ConfigError(f"{where}{name}: needs {', '.join(known)}, found {value!r}")
            _refuse_unknown(f"{where}{name}: no such key:", value, known)
    try:
        return TypeAdapter(types).validate_python(values)
    except ValidationError as error:
        raise ConfigError(_first_mistake(error, where)) from None


def load_section(path: Path, script: str, types: type) -> dict[str, Any]:
    """One script's section of a YAML file, with the top-level values that all scripts share."""
    document = _load_yaml(path)
    shared = {key: value for key, value in document.items() if key not in SECTIONS}
    _refuse_unknown(f"{path}: no such script or shared option:", shared, SECTIONS + SHARED_OPTIONS)
    section = document.get(script) or {}
    if not isinstance(section, dict):
        raise ConfigError(f"{path}, {script}: needs a list of options, found {section!r}")
    known = [name for name in _flags(types) if name not in SHARED_OPTIONS]
    _refuse_unknown(f"{path}, {script}: no such option:", section, known)
    return shared | section


SCRIPTS = ("prepare_data", "train_tokenizer", "finetune", "app")
SECTIONS = ("base_pairs", *SCRIPTS)
SHARED_OPTIONS = ("out", "seed")


def _load_yaml(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file. Known: {_known_configs(path)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error})") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise ConfigError(
            f"{path}{line}: not valid YAML ({getattr(error, 'problem', error)})"
        ) from None
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: needs one section per script ({', '.join(SECTIONS)})")
    return document


def _known_configs(path: Path) -> str:
    names = sorted(str(found) for found in path.parent.glob("*.yaml"))
    return ", ".join(names) or f"no YAML in {path.parent}"


def _refuse_unknown(what: str, given: Any, known: Sequence[str]) -> None:
    if unknown := [str(key) for key in given if key not in known]:
        raise ConfigError(f"{what} {', '.join(unknown)}. Known: {', '.join(known)}")


def _read_flags(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> dict[str, Any]:
    given, unknown = parser.parse_known_args(argv)
    _refuse_unknown("no such option:", unknown, [] if not unknown else _flag_names(parser))
    return vars(given)


def _flag_names(parser: argparse.ArgumentParser) -> list[str]:
    flags = (next((f for f in a.option_strings if f.startswith("--")), "") for a in parser._actions)
    return [flag for flag in flags if flag]


def _build_parser(types: type, script: str, description: str) -> argparse.ArgumentParser:
    parser = Parser(f"{script}.py", description, allow_abbrev=False)
    parser.add_argument("config", nargs="?", type=Path, help="YAML file with a section per script")
    for name, (option, annotation) in _flags(types).items():
        parser.add_argument(f"--{name.replace('_', '-')}", **_flag_shape(option, annotation))
    return parser


def _flags(types: type) -> dict[str, tuple[Field[Any], Any]]:
    hints = get_type_hints(types)
    return {
        option.name: (option, hints[option.name])
        for option in fields(types)
        if "help" in option.metadata
    }


def _flag_shape(option: Field[Any], annotation: Any) -> dict[str, Any]:
    """How argparse collects one field: no default, so that only given flags override the YAML."""
    kind = _without_none(annotation)
    shape: dict[str, Any] = {"dest": option.name, "default": argparse.SUPPRESS}
    shape["help"] = option.metadata["help"].replace("%", "%%") + _shown_default(option)
    if kind is bool:
        return shape | {"action": argparse.BooleanOptionalAction}
    if get_origin(kind) is tuple:
        return shape | {
            "nargs": "+",
            "action": "extend",
            "metavar": option.name.upper().rstrip("S"),
        }
    if get_origin(kind) is dict or is_dataclass(kind):
        return shape | {"nargs": "+", "action": _KeyValues, "metavar": "KEY=VALUE"}
    if get_origin(kind) is Literal:
        return shape | {"choices": get_args(kind)}
    return shape | {"metavar": getattr(kind, "__name__", "VALUE").upper()}


class _KeyValues(argparse.Action):
    """Collects KEY=VALUE pairs into a dict; values are read as YAML, so that 3 is a number."""

    def __call__(
        self, _parser: Any, namespace: Any, values: Any, option_string: Any = None
    ) -> None:
        pairs = dict(getattr(namespace, self.dest, {}))
        for item in values:
            key, separator, value = item.partition("=")
            if not separator:
                raise ConfigError(f"{option_string} {item}: needs KEY=VALUE")
            pairs[key] = _read_value(value)
        setattr(namespace, self.dest, pairs)


def _read_value(text: str) -> Any:
    """The text as YAML; as it stands where it is none, like "%d.%m.%Y"."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        return _without_none(next(kind for kind in get_args(annotation) if kind is not NoneType))
    return annotation


def _shown_default(option: Field[Any]) -> str:
    if option.default in (MISSING, None, (), ""):
        return ""
    return f" (default: {option.default})"


def _first_mistake(error: ValidationError, where: str) -> str:
    mistake = error.errors()[0]
    name, *inside = [str(part) for part in mistake["loc"]] or ["options"]
    shown = ".".join([name.replace("_", "-") if where == "--" else name, *inside])
    why = mistake["msg"].removeprefix("Value error, ")
    more = len(error.errors()) - 1
    return f"{where}{shown}: {why[0].lower()}{why[1:]}, found {mistake['input']!r}" + (
        f" (and {more} more)" if more else ""
    )
