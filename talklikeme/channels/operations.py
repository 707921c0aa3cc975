"""What an operator's tools ask of the service: is it ready, and how is it.

/readyz and /metrics answer this machine only: behind a proxy, which tells by X-Forwarded-For that it is
one, they are not there.
"""

from ipaddress import ip_address

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response

from talklikeme.channels.service import MessengerService
from talklikeme.store.database import StoreError

_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


def build_operations(service: MessengerService) -> APIRouter:
    """The routes; none of them needs a password, and none tells of anybody."""
    router = APIRouter()

    @router.get("/readyz")
    async def tell_readiness(request: Request) -> Response:
        if not _is_here(request):
            return _say("not found", 404)
        trouble = await run_in_threadpool(service.find_trouble)
        return _say(trouble or "ready", 503 if trouble else 200)

    @router.get("/metrics")
    async def tell_metrics(request: Request) -> Response:
        if not _is_here(request):
            return _say("not found", 404)
        try:
            shown = await run_in_threadpool(service.show_metrics)
        except StoreError as error:
            return _say(f"the database is away: {error}", 503)
        return Response(shown, media_type="text/plain; version=0.0.4", headers=_HEADERS)

    return router


def _is_here(request: Request) -> bool:
    """Whether somebody on this machine asks, and not a proxy for somebody else."""
    host = request.client.host if request.client else ""
    try:
        is_loopback = ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    return is_loopback and "x-forwarded-for" not in request.headers


def _say(text: str, status: int) -> Response:
    return PlainTextResponse(text, status, headers=_HEADERS)
