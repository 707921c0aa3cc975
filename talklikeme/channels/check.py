"""`python app.py --check`: what stands between this machine and an answered friend, one line a finding."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from talklikeme import runs
from talklikeme.channels.graph import GraphClient
from talklikeme.channels.messenger_settings import MessengerSettings
from talklikeme.channels.ports import open_port
from talklikeme.channels.profile import read_page_id
from talklikeme.channels.watchdog import read_subscription
from talklikeme.errors import TalkLikeMeError
from talklikeme.facts import read_nature
from talklikeme.options import AppOptions
from talklikeme.store.database import Database, mask


@dataclass(frozen=True, slots=True)
class Finding:
    """Something looked at; `trouble` is empty where all is well."""

    what: str
    trouble: str = ""

    def __str__(self) -> str:
        return f"wrong: {self.what}: {self.trouble}" if self.trouble else f"ok:    {self.what}"


def check(options: AppOptions) -> Iterator[Finding]:
    """Look at one thing after the other; nothing is sent to anybody."""
    yield _look(f"model in {options.model_folder}", lambda: _open_model(options))
    yield _look(f"port {options.port} on {options.host}", lambda: _listen(options))
    if not options.messenger:
        return
    settings: list[MessengerSettings] = []
    yield _look(
        "MESSENGER_* in the environment",
        lambda: settings.append(MessengerSettings.from_environment(options)),
    )
    if not settings:
        return
    store = settings[0].store
    yield _look(f"database {mask(store)}", lambda: Database(store).close())
    with GraphClient(settings[0]) as graph:
        page: list[str] = []
        yield _look("page token", lambda: page.append(read_page_id(graph)))
        if page:
            missing = read_subscription(graph, page[0]).missing
            lacks = f"lacks {', '.join(missing)}. Run python -m talklikeme.messenger setup"
            yield Finding("subscription of the page", lacks if missing else "")


def _look(what: str, attempt: Callable[[], object]) -> Finding:
    try:
        attempt()
    except TalkLikeMeError as error:
        return Finding(what, str(error))
    return Finding(what)


def _open_model(options: AppOptions) -> None:
    read_nature(runs.need(options.model_folder, "finetune"))


def _listen(options: AppOptions) -> None:
    listener: socket.socket = open_port(options.host, options.port)
    listener.close()
