"""One web server for every channel: the pages at /, the webhooks, and /healthz."""

import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import cast

import uvicorn
from fastapi import FastAPI

from talklikeme.channels.messenger_settings import MessengerSettings
from talklikeme.desk import Desk
from talklikeme.options import AppOptions
from talklikeme.pages.site import Site, mount_guide, mount_site, release_pages
from talklikeme.replies import BatchReplier

_PATIENCE_SECONDS = 15
# The browser itself refuses what a message or Gradio might want from other hosts. Gradio's page
# is made of inline scripts and styles.
_HEADERS = {
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:",
    "Referrer-Policy": "no-referrer",
}


def build_app(
    replier: BatchReplier, messenger: MessengerSettings | None, site: Site | None
) -> FastAPI:
    """The app with all its channels: no Messenger without settings, no pages without a site."""
    desk = Desk(replier)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        desk.close()

    # Without pages "/" tells health as well: many a host looks there.
    app = _build_bare("ok", ("/healthz", "/") if site is None else ("/healthz",), lifespan)
    if messenger is not None:
        # Who has the page alone needs no database, no queue, and not the second that they take to import.
        from talklikeme.channels.messenger import build_router
        from talklikeme.channels.service import MessengerService

        service = MessengerService(desk.lane("messenger"), messenger)
        app.include_router(build_router(service, messenger))
    if site is not None:
        mount_site(app, site, desk.lane("browser"))
    return app


def build_guide(options: AppOptions, restart: Callable[[], None]) -> FastAPI:
    """The app where there is no model yet; `restart` is called when there is one to talk to."""
    app = _build_bare("no model yet", ("/healthz",))
    mount_guide(app, options, restart)
    return app


def _build_bare(
    status: str,
    paths: Sequence[str],
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
) -> FastAPI:
    """An app that tells its health on some paths, and nothing about itself on any other."""
    app = FastAPI(
        title="talklikeme", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )

    async def tell_health() -> dict[str, str]:
        return {"status": status}

    for path in paths:
        app.get(path)(tell_health)
    return app


def build_server(app: FastAPI) -> uvicorn.Server:
    """A server that logs no requests and finishes what is in hand on SIGINT or SIGTERM."""
    return _Server(
        uvicorn.Config(
            app,
            access_log=False,  # it would print the query string, and with it the verify token
            log_config=None,
            server_header=False,
            headers=list(_HEADERS.items()),
            timeout_graceful_shutdown=_PATIENCE_SECONDS,
        )
    )


class _Server(uvicorn.Server):
    """Lets open pages go first: each holds a stream that uvicorn would wait for, then cut off."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        app = cast(FastAPI, self.config.app)
        release_pages(app)
        await super().shutdown(sockets)
