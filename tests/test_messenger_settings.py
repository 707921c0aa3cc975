"""Messenger's secrets and addresses: what is missing is named, what is secret is not."""

import pytest

from talklikeme.channels.messenger_settings import MessengerSettings
from talklikeme.errors import ChannelError
from talklikeme.options import AppOptions
from tests.fake_graph import PAGE_TOKEN
from tests.messenger_kit import VERIFY_TOKEN


def test_settings_name_every_missing_secret_and_hide_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ChannelError) as error:
        MessengerSettings.from_environment(AppOptions())
    for part in ("APP_SECRET", "PAGE_TOKEN", "VERIFY_TOKEN", "dashboard", "--no-messenger"):
        assert part in str(error.value)
    monkeypatch.setenv("MESSENGER_APP_SECRET", "plantednew, plantedold")
    monkeypatch.setenv("MESSENGER_PAGE_TOKEN", PAGE_TOKEN)
    monkeypatch.setenv("MESSENGER_VERIFY_TOKEN", "  ")
    with pytest.raises(ChannelError, match=r"environment: MESSENGER_VERIFY_TOKEN \(") as error:
        MessengerSettings.from_environment(AppOptions())
    assert PAGE_TOKEN not in str(error.value)
    monkeypatch.setenv("MESSENGER_VERIFY_TOKEN", VERIFY_TOKEN)
    store = "postgresql+psycopg://me:plantedpassword@db/chats"
    settings = MessengerSettings.from_environment(AppOptions(store=store))
    assert settings.app_secrets == ("plantednew", "plantedold")
    assert not any(secret in repr(settings) for secret in ("planted", PAGE_TOKEN, VERIFY_TOKEN))


@pytest.mark.parametrize(
    "url",
    [
        "http://graph.facebook.com",
        "http://127.0.0.1.evil.example",
        "https://user:secret@graph.facebook.com",
        "https://",
        "ftp://127.0.0.1",
        "graph.facebook.com",
        "https://[::1",
        "https://graph.facebook.com?x=1",
    ],
)
def test_the_token_travels_over_tls_or_stays_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    for name in ("APP_SECRET", "PAGE_TOKEN", "VERIFY_TOKEN"):
        monkeypatch.setenv(f"MESSENGER_{name}", "x")
    for good in ("https://graph.facebook.com/", "http://localhost:1", "http://[::1]:1"):
        MessengerSettings.from_environment(AppOptions(graph_base_url=good))
    with pytest.raises(ChannelError, match="https"):
        MessengerSettings.from_environment(AppOptions(graph_base_url=url))
