"""Command lines: complaints in one line, and the kinds of numbers that flags take."""

import argparse
from collections.abc import Callable
from math import nan
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


def _number(what: str, fits: Callable[[float], bool]) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = nan
        if not fits(number):  # nan fits nothing
            raise argparse.ArgumentTypeError(f"needs {what}, found {text!r}")
        return number

    return read


not_negative = _number("a number from 0 on", lambda number: number >= 0)
seconds = _number("a number above 0", lambda number: number > 0)
share = _number("a number from 0 to 1", lambda number: 0 <= number <= 1)
