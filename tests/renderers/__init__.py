"""Every format that is read, written: one render function a dialect (formats.md §1-20)."""

from tests.renderers import (
    discord,
    google,
    legacy,
    messengers,
    meta,
    phone,
    plain,
    social,
)
from tests.renderers.base import Conversation, Dialect, Line

__all__ = ["DIALECTS", "Conversation", "Dialect", "Line"]

DIALECTS = [
    dialect
    for module in (meta, legacy, google, phone, social, discord, messengers, plain)
    for dialect in module.DIALECTS
]
