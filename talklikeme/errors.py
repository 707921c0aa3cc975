"""What can go wrong, and how a script says so: one line, no traceback, an exit code.

TalkLikeMeError        a user can mend it (exit code 1)
├── ConfigError        an option or a YAML file is wrong (exit code 2)
├── ExportError        an export, or one record of it, could not be read
├── OwnerError         it is not clear which of the people is "me"
├── LedgerError        messages went missing between reading and writing
├── RunError           an output folder is missing, or belongs to another run
├── ChannelError       a channel lacks what it needs to start
└── HubError           a push to the Hub was refused, here or there
"""

import errno
import signal
import sys
from collections.abc import Callable
from typing import Final, NoReturn

PARTLY_READ: Final = 3  # exit code of prepare_data.py: done, but a part could not be read


class TalkLikeMeError(Exception):
    """Base of everything that a user can mend."""

    exit_code = 1


class ConfigError(TalkLikeMeError):
    """An option or a YAML file is wrong."""

    exit_code = 2


class OwnerError(TalkLikeMeError):
    """It is not clear which of the people in an export is its owner."""


class LedgerError(TalkLikeMeError):
    """The messages read and the messages accounted for are not the same number."""


class RunError(TalkLikeMeError):
    """An output folder is missing, unfinished, or was made by another run."""


class ChannelError(TalkLikeMeError):
    """A channel lacks what it needs to start."""


class HubError(TalkLikeMeError):
    """A push to the Hub was refused, by us or by the Hub, or broke off."""


class ExportError(TalkLikeMeError):
    """A file, or one record of it, could not be read; readers yield it and go on.

    `records` is the number of raw records that it stands for, so that the ledger still adds up:
    1 for one bad record, 0 for a whole file. A note is about something that was read, with a doubt.
    """

    def __init__(
        self,
        path: str,
        why: str,
        *,
        line: int | None = None,
        hint: str = "",
        records: int = 0,
        is_note: bool = False,
    ) -> None:
        self.path = path
        self.why = why
        self.line = line
        self.hint = hint
        self.records = records
        self.is_note = is_note
        super().__init__(path, why)

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line is not None else self.path
        return f"{where}: {self.why}." + (f" {self.hint}." if self.hint else "")


def run_script(main: Callable[[], int | None]) -> NoReturn:
    """Run a script's main and leave with its exit code; a user's mistake becomes one line."""
    try:
        code = main() or 0
    except TalkLikeMeError as error:
        code = _say(str(error), error.exit_code)
    except KeyboardInterrupt:
        code = _say("interrupted. The same command goes on from here", 128 + signal.SIGINT)
    except OSError as error:
        code = _say(describe_os_error(error), 1)
    sys.exit(code)


def describe_os_error(error: OSError) -> str:
    """Say in one line which file the system refused, and why."""
    where = f"{error.filename}: " if error.filename else ""
    hint = ". Free some space and run the same command again" if is_disk_full(error) else ""
    return f"{where}{error.strerror or error}{hint}"


# What torch.save says, without an error number, when its zip could not be written to the end.
_TORCH_CANNOT_WRITE = ("PytorchStreamWriter failed writing", "inline_container.cc")


def is_disk_full(error: BaseException) -> bool:
    """Tell a full disk also when a Rust library or torch reports it as a plain exception."""
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return True
    if isinstance(error, RuntimeError) and any(sign in str(error) for sign in _TORCH_CANNOT_WRITE):
        return True
    return any(
        f"os error {code}" in str(error) for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    )


def _say(line: str, code: int) -> int:
    print(f"error: {line}", file=sys.stderr)  # noqa: T201 - the one place that speaks to the user
    return code
