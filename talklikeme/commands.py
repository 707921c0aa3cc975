"""Command lines: complaints in one line, and the kinds of numbers that flags take."""

import argparse
from typing import NoReturn

from talklikeme.errors import ConfigError


class Parser(argparse.ArgumentParser):
    """Argparse whose complaints are one line, like every other of ours; its help keeps the lines of `about`."""

    def __init__(self, prog: str = "", about: str | None = None, **more: object) -> None:
        more.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        if about is not None:
            more["description"] = about
        super().__init__(prog=prog or None, **more)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        """Raise ConfigError."""
        raise ConfigError(f"{message}. See {self.prog} --help")


def positive(text: str) -> int:
    """A whole number above 0."""
    if not (text.isascii() and text.isdigit()) or not int(text):
        raise argparse.ArgumentTypeError(f"needs a whole number above 0, found {text!r}")
    return int(text)


def not_negative(text: str) -> float:
    """A number from 0 on."""
    number = _read(text, "a number from 0 on")
    if number < 0:
        raise argparse.ArgumentTypeError(f"needs a number from 0 on, found {text!r}")
    return number


def seconds(text: str) -> float:
    """A number above 0."""
    number = _read(text, "a number above 0")
    if number <= 0:
        raise argparse.ArgumentTypeError(f"needs a number above 0, found {text!r}")
    return number


def share(text: str) -> float:
    """A number from 0 to 1."""
    number = _read(text, "a number from 0 to 1")
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"needs a number from 0 to 1, found {text!r}")
    return number


def _read(text: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"needs {what}, found {text!r}") from None
