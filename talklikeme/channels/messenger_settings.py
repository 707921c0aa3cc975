"""What the Messenger channel needs to start: three secrets from the environment, the rest from options."""

import os
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from talklikeme.channels.rules import MINUTE, Rules
from talklikeme.errors import ChannelError
from talklikeme.loopback import is_loopback
from talklikeme.options import AppOptions

_WHERE_TO_FIND = {
    "MESSENGER_APP_SECRET": "App settings > Basic > App secret",
    "MESSENGER_PAGE_TOKEN": "Messenger > API setup > Generate access tokens",
    "MESSENGER_VERIFY_TOKEN": "any word of your own, the same as under Messenger > Webhooks",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessengerSettings:
    """The Messenger channel's settings; repr leaves the secrets out."""

    app_secrets: tuple[str, ...] = field(repr=False)
    page_token: str = field(repr=False)
    verify_token: str = field(repr=False)
    graph_base_url: str
    graph_version: str
    store: str = field(repr=False)  # a database's URL, which may hold a password
    retain_days: int = 30
    app_id: str = ""  # mine, to know the echoes of other apps
    channels: tuple[str, ...] = ("messenger",)
    rules: Rules = field(default_factory=Rules)

    @classmethod
    def from_environment(cls, options: AppOptions) -> Self:
        """Read MESSENGER_*; raises ChannelError that names whatever is missing.

        While an app secret is being changed, MESSENGER_APP_SECRET may hold both: "new,old".
        """
        values = {name: os.environ.get(name, "").strip() for name in _WHERE_TO_FIND}
        secrets = tuple(filter(None, map(str.strip, values["MESSENGER_APP_SECRET"].split(","))))
        _refuse_missing([name for name in values if not values[name].strip(", ")])
        return cls(
            app_secrets=secrets,
            page_token=_check_token(values["MESSENGER_PAGE_TOKEN"]),
            verify_token=values["MESSENGER_VERIFY_TOKEN"],
            graph_base_url=_check_base_url(options.graph_base_url),
            graph_version=options.graph_version,
            store=options.store_url,
            channels=("messenger", "instagram") if options.instagram else ("messenger",),
            app_id=os.environ.get("MESSENGER_APP_ID", "").strip(),
            retain_days=options.retain_days,
            rules=Rules(gap_ms=options.session_gap_minutes * MINUTE, on_unknown=options.on_unknown),
        )


def _refuse_missing(missing: list[str]) -> None:
    if missing:
        places = "; ".join(f"{name} ({_WHERE_TO_FIND[name]})" for name in missing)
        raise ChannelError(
            f"not set in the environment: {places}. Take the values from your app's dashboard at "
            "developers.facebook.com, or start without Messenger: --no-messenger"
        )


def _check_token(token: str) -> str:
    if not (token.isascii() and token.isprintable()):
        raise ChannelError("MESSENGER_PAGE_TOKEN holds characters that no access token has")
    return token


def _check_base_url(url: str) -> str:
    """The page token travels to this address: nowhere else than over TLS or inside this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
        is_plain = host and not (parts.username or parts.query or parts.fragment)
    except ValueError:
        is_safe = is_plain = False
    if not (is_safe and is_plain):
        raise ChannelError(f"--graph-base-url needs an https address, found {url!r}")
    return url.rstrip("/")
