"""Facebook Messenger's webhook: the handshake, the signature, and 200 when the events are on the disk.

developers.facebook.com, Messenger Platform, "Webhooks". Meta wants its 200 within five seconds
and unsubscribes the page after an hour without one.
"""

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response
from starlette.requests import ClientDisconnect

from talklikeme.channels.messenger_settings import MessengerSettings
from talklikeme.channels.operations import build_operations
from talklikeme.channels.privacy_pages import build_privacy
from talklikeme.channels.service import MessengerService
from talklikeme.store.database import StoreError

logger = logging.getLogger(__name__)

WEBHOOK_PATH = "/webhooks/messenger"
_MOST_BYTES = 1024 * 1024
_LONGEST_CHALLENGE = 256
_MOST_SECONDS = 4.5  # Meta waits five


def build_router(service: MessengerService, settings: MessengerSettings) -> APIRouter:
    """The webhook's routes; the service behind them is on duty as long as the app lives."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(service.start)
        try:
            yield
        finally:
            await run_in_threadpool(service.stop)

    router = APIRouter(lifespan=lifespan)

    @router.get(WEBHOOK_PATH)
    async def verify(request: Request) -> Response:
        return answer_handshake(request.query_params, settings.verify_token)

    @router.post(WEBHOOK_PATH, max_body_size=_MOST_BYTES)
    async def receive(request: Request) -> Response:
        return await _receive(request, service)

    router.include_router(build_operations(service))
    router.include_router(build_privacy(service, settings))
    return router


def answer_handshake(query: Mapping[str, str], verify_token: str) -> Response:
    """Repeat Meta's challenge to whoever knows the verify token."""
    challenge = query.get("hub.challenge", "")
    given = query.get("hub.verify_token", "").encode()
    is_known = hmac.compare_digest(given, verify_token.encode())
    is_sound = query.get("hub.mode") == "subscribe" and 0 < len(challenge) <= _LONGEST_CHALLENGE
    if not (is_known and is_sound and verify_token):
        return _say("forbidden", 403)
    return _say(challenge, 200)


async def _receive(request: Request, service: MessengerService) -> Response:
    refused = service.metrics.refused
    try:
        body = await request.body()
    except ClientDisconnect:
        return _say("incomplete", 400)
    events = service.verify(body, request.headers)
    if events is None:
        refused.labels("signature").inc()
        return _say("forbidden", 403)
    try:
        with service.metrics.accepting():
            async with asyncio.timeout(_MOST_SECONDS):
                await asyncio.wrap_future(service.submit(events))
    except (StoreError, TimeoutError) as error:
        refused.labels("store").inc()
        reason = str(error) or type(error).__name__
        logger.error("events were not stored, so Meta will bring them again: %s", reason)
        return _say("busy", 503)
    return _say("ok", 200)


def _say(text: str, status: int) -> Response:
    return PlainTextResponse(text, status, headers={"X-Content-Type-Options": "nosniff"})
