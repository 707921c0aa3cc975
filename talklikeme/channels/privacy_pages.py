"""What the law and Meta's App Review ask for: a page that says what is kept, and a way to have it deleted."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from talklikeme.channels.deletion import confirmation_code, read_signed_request
from talklikeme.channels.messenger_settings import MessengerSettings
from talklikeme.channels.service import MessengerService
from talklikeme.store.database import StoreError

DELETION_PATH = "/privacy/deletion"
PRIVACY_PATH = "/privacy"
_MOST_BYTES = 8192
_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport"
content="width=device-width"><title>{title}</title><body style="font:16px/1.5 system-ui;max-width:40em;
margin:2em auto;padding:0 1em"><h1>{title}</h1>{text}</body></html>"""
_PRIVACY = """<p>You write to a bot: a small program on its owner's machine, which learned to write like its
owner. No company's model reads what you write.</p><p>Your messages and its answers are kept for {days} days,
then erased. Write <b>forget me</b> and it starts anew; write to the page's owner to have all of it erased at
once, or use Facebook's own "Apps and websites" settings. Nothing is used to train a model.</p>"""
_STATUS = """<p>Request <b>{code}</b> has arrived. What this bot knew of you under that name is erased. Facebook
calls you by another name in Messenger, which is not told to this page: write <b>forget me</b> in the
chat, or ask the page's owner, and that is erased too.</p>"""


def build_privacy(service: MessengerService, settings: MessengerSettings) -> APIRouter:
    """The pages and the Data Deletion Request Callback."""
    router = APIRouter()

    @router.get(PRIVACY_PATH)
    async def tell_privacy() -> Response:
        text = _PRIVACY.format(days=settings.retain_days)
        return HTMLResponse(_PAGE.format(title="What this bot keeps", text=text), headers=_HEADERS)

    @router.post(DELETION_PATH, max_body_size=_MOST_BYTES)
    async def delete(request: Request) -> Response:
        form = await request.form()
        user = read_signed_request(str(form.get("signed_request", "")), settings.app_secrets)
        if user is None:
            return _say("forbidden", 403)
        try:
            await run_in_threadpool(service.forget, user)
        except StoreError:
            return _say("busy", 503)
        code = confirmation_code(user, settings.app_secrets[0])
        url = str(request.url.replace(path=f"{DELETION_PATH}/{code}", query=""))
        return JSONResponse({"url": url, "confirmation_code": code}, headers=_HEADERS)

    @router.get(DELETION_PATH + "/{code}")
    async def tell_deletion(code: str) -> Response:
        if not (code.isascii() and code.isalnum() and len(code) <= 64):
            return _say("not found", 404)
        text = _STATUS.format(code=code)
        return HTMLResponse(
            _PAGE.format(title="Deletion of your data", text=text), headers=_HEADERS
        )

    return router


def _say(text: str, status: int) -> Response:
    return PlainTextResponse(text, status, headers=_HEADERS)
