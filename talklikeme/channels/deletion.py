"""Meta's Data Deletion Request Callback: a signed request to forget somebody, and a page that says what came of it.

developers.facebook.com, "Data Deletion Request Callback". `user_id` is the app's name for a person and not the
page's, and the two cannot be compared without asking Meta: where the id is not known here, the request is
kept, and the page says how to ask the owner (`python -m talklikeme.messenger forget`).
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable
from typing import Final

_ALGORITHM: Final = "HMAC-SHA256"
_LONGEST: Final = 4096


def read_signed_request(request: str, secrets: Iterable[str]) -> str | None:
    """The user's id in a signed_request, or None if it is not signed by us.

    base64url(signature) "." base64url(payload), the signature over the encoded payload.
    """
    signature, _, payload = request.partition(".")
    if not payload or len(request) > _LONGEST or not request.isascii():
        return None
    try:
        given, document = _decode(signature), json.loads(_decode(payload))
    except (ValueError, binascii.Error, RecursionError):
        return None
    is_ours = any(
        hmac.compare_digest(
            given, hmac.new(key.encode(), payload.encode(), hashlib.sha256).digest()
        )
        for key in secrets
    )
    if not (is_ours and isinstance(document, dict) and document.get("algorithm") == _ALGORITHM):
        return None
    user = document.get("user_id")
    return str(user) if isinstance(user, str | int) and not isinstance(user, bool) else None


def confirmation_code(user: str, secret: str) -> str:
    """A code that tells nobody who asked, the same whenever they ask."""
    return hmac.new(secret.encode(), f"deletion {user}".encode(), hashlib.sha256).hexdigest()[:24]


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
