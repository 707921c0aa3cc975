"""Who may see what. Apart from the pages, so that app.py refuses before it imports or loads anything.

The owner's pages quote chats. They are there where nobody else can look: on this machine, and without Messenger,
whose tunnel or proxy may let the whole world in.
"""

import os
from typing import Final

from talklikeme.errors import ConfigError
from talklikeme.loopback import is_loopback
from talklikeme.options import AppOptions

PASSWORD: Final = "TALKLIKEME_PASSWORD"
_SHORTEST: Final = 8


def shows_all(options: AppOptions) -> bool:
    """Whether the owner's pages are there."""
    if options.pages != "auto":
        return options.pages == "all"
    return is_loopback(options.host) and not options.messenger


def read_password(options: AppOptions) -> str:
    """What the pages ask for, "" where everybody may come; raises ConfigError if that is not sure."""
    if options.auth == "password":
        return _read_password()
    if options.browser and options.auth == "auto" and not is_loopback(options.host):
        raise ConfigError(
            f"--host {options.host}: whoever reaches this machine could talk to the model. Pass --auth "
            f"password (the one in {PASSWORD}), --auth none to let everybody in, or --no-browser"
        )
    return ""


def _read_password() -> str:
    password = os.environ.get(PASSWORD, "")
    if len(password) < _SHORTEST:
        found = f"{len(password)} characters" if password else "nothing"
        raise ConfigError(
            f"--auth password: {PASSWORD} in the environment holds {found}. It needs {_SHORTEST} characters"
        )
    return password
