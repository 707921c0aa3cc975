"""What the Hub and the network answer, as one line that says how to go on.

Only the status and the kind of an error are told: the messages of libraries hold addresses and more.
"""

import contextlib
import logging
import shlex
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from talklikeme.errors import HubError, is_disk_full
from talklikeme.hub_checks import TOKEN

_EXPLAINED = {
    401: f"the Hub does not accept the token in {TOKEN}",
    402: "the Hub asks for a payment",
    403: f"the token in {TOKEN} may not write there; it needs the permission to write, and the owner "
    "must be you or an organisation of yours",
    404: f"not there, or not to be seen with the token in {TOKEN}",
    413: "the Hub says that it is too large",
    429: "the Hub asks to wait a while",
}


@contextlib.contextmanager
def in_one_line(folder: Path, repo: str, kind: str) -> Iterator[None]:
    """Turn what the Hub and the network answer into one line that says how to go on."""
    from huggingface_hub.utils.tqdm import disable_progress_bars

    # It warns of every retry, with the whole address.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    if not sys.stderr.isatty():
        disable_progress_bars()
    try:
        with warnings.catch_warnings():
            # huggingface_hub 2.4 uploads in a way that its HTTP client calls outdated.
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    except HubError:
        raise
    except Exception as error:  # huggingface_hub, its HTTP client and hf_xet each raise their own
        if is_disk_full(error):
            raise
        flag = "--space " if kind == "space" else ""
        again = f"python -m talklikeme.hub {flag}{shlex.quote(str(folder))} {repo}"
        raise HubError(
            f"{repo}: {_explain(error)}. Everything is in {folder}; push it later with: {again}"
        ) from None


def _explain(error: BaseException) -> str:
    """The status behind an error, or its kind: messages of libraries may hold addresses and more."""
    from huggingface_hub.errors import HfHubHTTPError

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, HfHubHTTPError):
            status = cause.response.status_code
            trouble = "the Hub is in trouble" if status >= 500 else "the Hub refuses"
            return f"{_EXPLAINED.get(status, trouble)} ({status})"
        error, cause = cause, cause.__cause__
    if "Timeout" in type(error).__name__:
        return f"the Hub does not answer ({type(error).__name__})"
    if "Connect" in type(error).__name__:
        return f"the Hub cannot be reached ({type(error).__name__})"
    return f"the push broke off ({type(error).__name__})"
