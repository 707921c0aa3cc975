"""The pages put together: who may see which, and the one app that serves them."""

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path

import gradio as gr
from fastapi import FastAPI
from gradio.routes import App
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount

from talklikeme.blindtest.pool import Pool
from talklikeme.desk import MOST_WAITING, Lane
from talklikeme.options import AppOptions
from talklikeme.pages.blind import build_blind_page, build_review_page
from talklikeme.pages.chat import Chat, build_chat_page
from talklikeme.pages.look import build_theme
from talklikeme.pages.thrift import making_no_app

TITLE = "Talk to me"
_GUIDE = "Make a bot of your chats"
_NO_UPLOADS, _LARGEST_UPLOAD = "1kb", "8gb"
Page = tuple[str, str, Callable[[], None]]  # name, address, maker
_SCRIPT = Path(__file__).with_name("site.js")
_LOOK = Path(__file__).with_name("look.css")


@dataclass(frozen=True, slots=True)
class Site:
    """What there is to show; what is the owner's alone is None or empty where others look on."""

    chat: Chat
    pool: Pool | None = None
    reviews: bool = False  # the owner may approve rounds of the pool
    out: AppOptions | None = None  # where the owner's own files are
    password: str = ""  # that is asked for before anything is shown


def build_site(site: Site, lane: Lane) -> gr.Blocks:
    """All pages; they can be mounted only once."""
    with making_no_app():
        with gr.Blocks(
            title=TITLE, fill_height=True, analytics_enabled=False, elem_id="site"
        ) as blocks:
            build_chat_page(site.chat, lane)
            _build_navbar()
        for name, path, build in _list_pages(site):
            with blocks.route(name, path):
                build()
                _build_navbar()
        return blocks.queue(max_size=MOST_WAITING)


def _list_pages(site: Site) -> Sequence[Page]:
    """Every page but the chat."""
    pages: list[Page] = []
    if pool := site.pool:
        pages.append(("Who wrote it?", "/who-wrote-it", lambda: build_blind_page(pool)))
        if site.reviews:
            pages.append(("Review", "/review", lambda: build_review_page(pool)))
    if site.out is not None:
        pages += _list_owners_pages(site.out)
    return pages


def _list_owners_pages(out: AppOptions) -> Sequence[Page]:
    # Where others look on, what these import need not even be installed.
    from talklikeme.pages.data import build_data_page
    from talklikeme.pages.learning import build_learning_page
    from talklikeme.pages.words import build_words_page

    return [
        ("Watch it learn", "/learning", lambda: build_learning_page(out)),
        ("My words", "/words", lambda: build_words_page(out)),
        ("My data", "/data", lambda: build_data_page(out)),
    ]


def _build_navbar() -> None:
    gr.Navbar(main_page_name="Chat")


def mount_site(app: FastAPI, site: Site, lane: Lane) -> None:
    """Put the pages at the app's root; call it after every other route is there."""
    _mount(app, build_site(site, lane), site.password, _NO_UPLOADS)


def mount_guide(app: FastAPI, options: AppOptions, restart: Callable[[], None]) -> None:
    """Put the guide there, which takes files; for the owner alone."""
    from talklikeme.guide.steps import make_uploads_folder
    from talklikeme.pages.guide import build_guide_page

    # Gradio's own is /tmp/gradio, which everybody on the machine reads, and files of the same content share.
    os.environ["GRADIO_TEMP_DIR"] = str(make_uploads_folder(options).resolve())
    with gr.Blocks(title=_GUIDE, analytics_enabled=False) as blocks:
        build_guide_page(options, restart)
    _mount(app, blocks, "", _LARGEST_UPLOAD)


def _mount(app: FastAPI, blocks: gr.Blocks, password: str, largest_upload: str) -> None:
    # Without this Gradio reflects any Origin, credentials allowed, to whichever page asks.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    with warnings.catch_warnings():
        # Gradio 6.31 says of every app of several pages that it turns off what is off.
        warnings.filterwarnings("ignore", message="SSR mode is not supported")
        gr.mount_gradio_app(
            app,
            blocks,
            path="/",
            auth=_ask_for(password) if password else None,
            auth_message="Any name, and the password that you were told.",
            theme=build_theme(),
            css_paths=[_LOOK],
            js=_SCRIPT.read_text(encoding="utf-8"),
            footer_links=[],
            run_history=False,
            show_error=False,
            max_file_size=largest_upload,
            ssr_mode=False,
            mcp_server=False,
            app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
        )
    blocks.app = next(_list_mounted(app))  # whom the queue asks where it is


def _ask_for(password: str) -> Callable[[str, str], bool]:
    return lambda _, given: compare_digest(given.encode(), password.encode())


def release_pages(app: FastAPI) -> None:
    """End the streams by which open pages watch whether the server lives."""
    for mounted in _list_mounted(app):
        mounted.stop_event.set()


def _list_mounted(app: FastAPI) -> Iterator[App]:
    return (
        route.app for route in app.routes if isinstance(route, Mount) and isinstance(route.app, App)
    )
