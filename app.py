"""Talk to the model in a browser and, with a Facebook page, in Messenger.

    python app.py configs/tiny.yaml --no-messenger

Reads out/model. Serves the chat page at /, Messenger's webhook at /webhooks/messenger and
/healthz. Messenger needs MESSENGER_APP_SECRET, MESSENGER_PAGE_TOKEN and MESSENGER_VERIFY_TOKEN in
the environment.
"""

import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from talklikeme.config import parse
from talklikeme.errors import ConfigError, run_script
from talklikeme.loopback import is_loopback
from talklikeme.options import AppOptions

if TYPE_CHECKING:
    import uvicorn

    from talklikeme.answering import Memory


def main(argv: Sequence[str] | None = None) -> int:
    """Load the model and serve it until Ctrl-C."""
    given = sys.argv[1:] if argv is None else argv
    options = parse(AppOptions, "app", __doc__ or "", [*choose_space_flags(), *given])
    start_logging()

    # Only now, and one after the other, so that --help and every refusal come at once.
    from talklikeme.channels.messenger_settings import MessengerSettings
    from talklikeme.channels.ports import open_port
    from talklikeme.facts import has_model
    from talklikeme.guard import read_block_list
    from talklikeme.pages.access import read_password, shows_all
    from talklikeme.replies import load_replier

    if options.check:
        return show_findings(options)
    if options.blend:
        refuse_quoting(options)
    password = read_password(options)
    settings = MessengerSettings.from_environment(options) if options.messenger else None
    if not has_model(options.model_folder) and options.browser and shows_all(options):
        if (port := guide_to_a_model(options)) is None:
            return 0
        options = replace(options, port=port)
    with open_port(options.host, options.port) as listener:
        replier = load_replier(
            options.model_folder,
            temperature=options.temperature,
            top_p=options.top_p,
            engine=options.engine,
            compute_type=options.compute_type,
            penalty=options.penalty,
            budget_ms=options.budget_ms,
            blocked=read_block_list(options.block_list) if options.block_list else (),
            memory=open_memory(options.pairs_folder) if options.blend else None,
        )

        from talklikeme.channels.server import build_app, build_server
        from talklikeme.pages.opening import open_site

        site = open_site(options, replier.nature, password) if options.browser else None
        server = build_server(build_app(replier, settings, site))
        print_addresses(options, listener)
        run(server, listener)
    return 0


def open_memory(pairs: Path) -> "Memory":
    """What --blend quotes from."""
    from talklikeme.blend import load_blend

    return load_blend(pairs)


def guide_to_a_model(options: AppOptions) -> int | None:
    """Serve the page that makes one; the port on which to go on when it is there, None if that was the end."""
    from talklikeme.channels.ports import open_port
    from talklikeme.channels.server import build_guide, build_server

    wishes: list[int] = []

    def go_on() -> None:
        wishes.append(listener.getsockname()[1])
        server.should_exit = True

    with open_port(options.host, options.port) as listener:
        server = build_server(build_guide(options, go_on))
        print_addresses(options, listener, "There is no model yet. Make one at")
        run(server, listener)
    return wishes[0] if wishes else None


def show_findings(options: AppOptions) -> int:
    """Print what --check finds; 1 if something is wrong."""
    from talklikeme.channels.check import check

    troubles = 0
    for finding in check(options):
        print(finding, flush=True)
        troubles += bool(finding.trouble)
    return 1 if troubles else 0


def refuse_quoting(options: AppOptions) -> None:
    """Raise ConfigError if others would read what --blend quotes."""
    if options.messenger or not is_loopback(options.host):
        raise ConfigError(
            "--blend: quotes your private chats, so it needs --no-messenger and a --host that only this "
            "machine reaches, as 127.0.0.1. Leave it out to let others talk to the model"
        )


def choose_space_flags() -> list[str]:
    """A Hugging Face Space starts app.py without flags, behind a proxy that is not this machine."""
    if "SPACE_ID" not in os.environ:
        return []
    has_messenger = "MESSENGER_APP_SECRET" in os.environ  # a secret of the Space
    return ["--host", "0.0.0.0", "--auth", "none", *([] if has_messenger else ["--no-messenger"])]


def start_logging() -> None:
    """Log to the terminal what an operator must know, and no addresses or texts of requests."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def print_addresses(options: AppOptions, listener: socket.socket, what: str = "Chat:     ") -> None:
    """Say where to find the page and the webhook."""
    port = listener.getsockname()[1]
    is_open = options.host in {"0.0.0.0", "::"}
    host = "127.0.0.1" if is_open else options.host
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    if not options.browser:
        print(f"Health:    {address}/healthz")
    else:
        print(f"{what} {address}" + ("  (and from any machine that reaches this one)" * is_open))
    if options.messenger:
        print(
            f"Messenger: {address}/webhooks/messenger  (Meta calls it over https: put a proxy before it)"
        )
    print("Ctrl-C ends it.", flush=True)


def run(server: "uvicorn.Server", listener: socket.socket) -> None:
    """Serve until Ctrl-C."""
    gc.freeze()  # what was imported stays
    gc.enable()
    end_quietly()
    server.run(sockets=[listener])


def end_quietly() -> None:
    """Ctrl-C and SIGTERM are the way to end: uvicorn shuts down, then raises them a second time."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)


if __name__ == "__main__":
    gc.disable()  # until it serves: a sixth of the time to the first reply was looking for garbage
    run_script(main)
