"""Set up a page for the bot, see how it is, and try it.

    python -m talklikeme.messenger setup --dry-run      # what would change on the page
    python -m talklikeme.messenger setup
    python -m talklikeme.messenger status out           # subscription, token, last webhook, what waits
    python -m talklikeme.messenger send-test --to PSID "hello"
    python -m talklikeme.messenger forget out --psid PSID

The same MESSENGER_* variables as for app.py, in the environment; never on the command line.
"""

import argparse
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from talklikeme.channels.graph import GraphClient
from talklikeme.channels.graph_errors import Outcome
from talklikeme.channels.messenger_settings import MessengerSettings
from talklikeme.channels.profile import apply_changes, describe, find_changes, read_page_id
from talklikeme.channels.watchdog import read_subscription
from talklikeme.commands import Parser
from talklikeme.errors import ChannelError, run_script
from talklikeme.options import AppOptions
from talklikeme.store.database import Database
from talklikeme.store.erasure import find_friends, forget_friend
from talklikeme.store.figures import read_figures


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    given = _parser().parse_args(argv)
    code: int = given.run(given)
    return code


def _parser() -> Parser:
    parser = Parser("python -m talklikeme.messenger", __doc__)
    shared = Parser(add_help=False)
    shared.add_argument("--graph-base-url", default=AppOptions.graph_base_url)
    shared.add_argument("--graph-version", default=AppOptions.graph_version)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    setup = commands.add_parser("setup", parents=[shared], help="greeting, menu, subscription")
    setup.add_argument("--dry-run", action="store_true", help="only tell what would change")
    setup.set_defaults(run=_set_up, out=Path("out"), store="")
    test = commands.add_parser("send-test", parents=[shared], help="send a text to somebody")
    test.add_argument("--to", required=True, metavar="PSID", help="who wrote to the page lately")
    test.add_argument("text")
    test.set_defaults(run=_send_test, out=Path("out"), store="")
    for name, run, told in (
        ("status", _show_status, "subscription, token, last webhook, what waits"),
        ("forget", _forget, "erase all that is kept of somebody"),
    ):
        command = commands.add_parser(name, parents=[shared], help=told)
        command.add_argument("out", type=Path, nargs="?", default=Path("out"))
        command.add_argument("--store", default="", help="as in app.py")
        command.set_defaults(run=run)
        if name == "forget":
            command.add_argument("--psid", required=True, help="whom")
    return parser


def _read_settings(given: argparse.Namespace) -> MessengerSettings:
    options = AppOptions(
        out=given.out,
        store=given.store,
        graph_base_url=given.graph_base_url,
        graph_version=given.graph_version,
    )
    return MessengerSettings.from_environment(options)


def _set_up(given: argparse.Namespace) -> int:
    with GraphClient(_read_settings(given)) as graph:
        page = read_page_id(graph)
        changes = find_changes(graph, page)
        for change in changes:
            _say(describe(change))
        if not changes:
            _say("nothing to change")
        elif given.dry_run:
            _say("nothing was changed: --dry-run")
        else:
            apply_changes(graph, page, changes)
            _say(f"{len(changes)} settings changed")
    return 0


def _show_status(given: argparse.Namespace) -> int:
    settings = _read_settings(given)
    with GraphClient(settings) as graph:
        is_well = _show_page(graph)
    with Database(settings.store) as database, database.read() as connection:
        figures = read_figures(connection)
    _say(f"last webhook: {_ago(figures.last_event_ms)}")
    _say(
        f"waiting: {figures.waiting} messages, {figures.leaving} bubbles; oldest {_ago(figures.oldest_ms)}"
    )
    told = ", ".join(f"{number:,} {state}" for state, number in sorted(figures.bubbles.items()))
    _say(f"bubbles: {told or 'none yet'}")
    if figures.closed:
        _say(f"the page cannot send: {figures.closed}")
    return 0 if is_well and not figures.closed else 1


def _show_page(graph: GraphClient) -> bool:
    """Token and subscription; whether they are as they must be."""
    try:
        found = read_subscription(graph, read_page_id(graph))
    except ChannelError as error:
        _say(f"token: {error}")
        return False
    _say("token: good")
    if not found.is_known:
        _say("subscription: not to be read (the token lacks pages_manage_metadata)")
    else:
        lacks = f"lacks {', '.join(found.missing)}. Run setup"
        _say(f"subscription: {lacks if found.missing else 'whole'}")
    return found.is_whole


def _ago(at_ms: int) -> str:
    if not at_ms:
        return "never"
    minutes = max(0.0, time.time() - at_ms / 1000) / 60
    return f"{minutes:.0f} min ago" if minutes < 120 else f"{minutes / 60:.0f} h ago"


def _send_test(given: argparse.Namespace) -> int:
    with GraphClient(_read_settings(given)) as graph:
        result = graph.send_text(read_page_id(graph), given.to, given.text, uuid.uuid4().hex)
    if result.outcome is not Outcome.SENT:
        raise ChannelError(f"not sent: {result.outcome} ({result.reason})")
    _say("sent")
    return 0


def _forget(given: argparse.Namespace) -> int:
    with Database(_read_settings(given).store) as database:
        with database.write() as connection:
            found = find_friends(connection, given.psid)
            erased = [forget_friend(connection, address) for address in found]
        database.overwrite_erased()
    if not erased:
        raise ChannelError("--psid: nothing is known of this person")
    events, bubbles = sum(one.events for one in erased), sum(one.bubbles for one in erased)
    _say(f"erased: {events} messages, {bubbles} bubbles of mine")
    return 0


def _say(text: str) -> None:
    print(text)  # noqa: T201 - the command's answer


if __name__ == "__main__":
    run_script(main)
