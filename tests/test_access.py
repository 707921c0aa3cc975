"""Who may see what: decided before anything is loaded."""

import pytest

from talklikeme.errors import ConfigError
from talklikeme.options import AppOptions
from talklikeme.pages.access import PASSWORD, read_password, shows_all
from tests.scripts import command


@pytest.mark.parametrize(
    ("options", "is_shown"),
    [
        ({"messenger": False}, True),
        ({"messenger": False, "host": "::1"}, True),
        ({"messenger": True}, False),  # its tunnel may let the world in
        ({"messenger": False, "host": "0.0.0.0"}, False),
        ({"messenger": False, "pages": "chat"}, False),
        ({"messenger": True, "host": "0.0.0.0", "pages": "all"}, True),
    ],
)
def test_the_owners_pages_are_there_where_nobody_else_looks_on(
    options: dict[str, object], is_shown: bool
) -> None:
    assert shows_all(AppOptions(**options)) is is_shown  # type: ignore[arg-type]


def test_a_public_page_without_a_password_is_refused_at_once() -> None:
    done = command("app", "--no-messenger", "--host", "0.0.0.0")
    assert done.code != 0
    assert done.err.startswith("error: --host 0.0.0.0: whoever reaches this machine")
    assert "--auth password" in done.err


@pytest.mark.parametrize("password", ["", "short"])
def test_a_password_has_to_be_one(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    monkeypatch.setenv(PASSWORD, password)
    with pytest.raises(ConfigError, match="8 characters"):
        read_password(AppOptions(auth="password"))


def test_a_password_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "correct horse")
    assert read_password(AppOptions(host="0.0.0.0", auth="password")) == "correct horse"
    assert read_password(AppOptions(host="0.0.0.0", auth="none")) == ""
    assert read_password(AppOptions(host="0.0.0.0", browser=False)) == ""
    assert read_password(AppOptions()) == ""
