"""What is looked at before anything is pushed: the name, the token, and whether it may be shown."""

import os
import re
from pathlib import Path
from typing import Any

from talklikeme.errors import ConfigError, HubError
from talklikeme.evaluation.report import read_report
from talklikeme.hub_files import read_json

ACCEPT = "I accept that private text may be in this model"
TOKEN = "HF_TOKEN"  # the name of the variable
# A little narrower than the Hub's own rule, of whose exceptions nobody has need.
_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9_][\w.-]{0,95}", re.ASCII)


def check_repo(repo: str) -> None:
    """Raise ConfigError unless there is a name to push to, a token, and no order to stay offline."""
    from huggingface_hub import constants

    if not _REPO.fullmatch(repo):
        raise ConfigError("--push-to-hub: needs OWNER/NAME, such as robin/talks-like-me")
    token = os.environ.get(TOKEN, "").strip()
    if not token:
        raise ConfigError(
            f"{TOKEN} is not set. Make a token that may write at huggingface.co/settings/tokens and put "
            "it into the environment; no flag and no YAML takes it"
        )
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ConfigError(f"{TOKEN} holds characters that no token has")
    if constants.HF_HUB_OFFLINE:
        raise ConfigError("HF_HUB_OFFLINE is set: nothing can be pushed. Unset it")


def was_searched(leaks: Any) -> bool:
    """Whether "leaks" of evaluation.json tells of a search as long as a push asks for.

    That is the default of python -m talklikeme.evaluation.leaks: so many replies, or so much time.
    """
    from talklikeme.evaluation import leak_search

    if not isinstance(leaks, dict) or not leaks.get("searched"):
        return False
    is_whole = leaks["searched"] >= leak_search.REPLIES
    return bool(is_whole or leaks.get("seconds", 0) >= leak_search.SECONDS)


def refuse_leaks(folder: Path, despite_leaks: str) -> None:
    """Raise HubError if a model gave private text away or nobody looked long enough.

    The words of ACCEPT override it.
    """
    check_words(despite_leaks)
    looked = read_report(folder).get("leaks")
    leaks = looked if isinstance(looked, dict) else {}
    found, canaries = leaks.get("found"), leaks.get("canaries_extracted")
    if found or canaries:
        why = (
            f"it gave away {found} known secrets and {canaries} canaries. To push it all the same,"
        )
    elif was_searched(leaks) and found == 0 and canaries == 0:
        return
    else:
        searched = leaks.get("searched") or 0
        told = f"only {searched:,} replies of it were searched" if searched else "was not checked"
        why = f"whether it gives private text away: {told}. Run {_leak_check(folder)} first, or"
    if despite_leaks != ACCEPT:
        raise HubError(f'{folder}: not pushed: {why} pass --push-despite-leaks "{ACCEPT}"')


def check_words(despite_leaks: str) -> None:
    """Raise ConfigError for words that are not the ones that override a refusal."""
    if despite_leaks not in {"", ACCEPT}:
        raise ConfigError(f'--push-despite-leaks: takes the words "{ACCEPT}" and no others')


def _leak_check(folder: Path) -> str:
    return f"python -m talklikeme.evaluation.leaks {folder}"


def refuse_open_secrets(folder: Path) -> None:
    """Raise HubError for pairs that everybody would see, and whose secrets are not redacted."""
    mode = (read_json(folder / "ledger.json").get("redaction") or {}).get("mode")
    if mode != "on":
        raise HubError(
            f"{folder}: not pushed: secrets in it are not redacted, and --no-hub-private would show "
            "them to everybody. Push it private, or prepare it with --redact on"
        )
