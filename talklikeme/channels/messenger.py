"""Facebook Messenger's webhook: the handshake, the signature, and 200 before any work is done.

developers.facebook.com, Messenger Platform, "Webhooks". Meta wants its 200 within five seconds
and unsubscribes the page after an hour without one.
"""

import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response
from starlette.requests import ClientDisconnect

from talklikeme.channels.messenger_events import is_signed, parse_events
from talklikeme.channels.messenger_settings import MessengerSettings
from talklikeme.channels.messenger_worker import MessengerWorker
from talklikeme.replies import Replier

WEBHOOK_PATH = "/webhooks/messenger"
_MOST_BYTES = 1024 * 1024
_LONGEST_CHALLENGE = 256


def build_router(replier: Replier, settings: MessengerSettings) -> APIRouter:
    """The webhook's two routes; the answering thread lives as long as the app."""
    worker = MessengerWorker(replier, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        worker.start()
        try:
            yield
        finally:
            await run_in_threadpool(worker.stop)

    router = APIRouter(lifespan=lifespan)

    @router.get(WEBHOOK_PATH)
    async def verify(request: Request) -> Response:
        return answer_handshake(request.query_params, settings.verify_token)

    @router.post(WEBHOOK_PATH, max_body_size=_MOST_BYTES)
    async def receive(request: Request) -> Response:
        return await _receive(request, worker, settings)

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


async def _receive(
    request: Request, worker: MessengerWorker, settings: MessengerSettings
) -> Response:
    try:
        body = await request.body()
    except ClientDisconnect:
        return _say("incomplete", 400)
    if not is_signed(body, request.headers.get("x-hub-signature-256", ""), settings.app_secrets):
        return _say("forbidden", 403)
    # 503 makes Meta keep the messages and bring them again
    return _say("ok", 200) if worker.accept(parse_events(body)) else _say("busy", 503)


def _say(text: str, status: int) -> Response:
    return PlainTextResponse(text, status, headers={"X-Content-Type-Options": "nosniff"})
