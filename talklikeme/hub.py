"""Push a model, a tokenizer or pairs to the Hugging Face Hub, private unless asked otherwise.

    python -m talklikeme.hub out/model OWNER/NAME            # also out/tokenizer, out/pairs
    python -m talklikeme.hub --space out/model OWNER/NAME    # a chat page with the model behind it

What a folder holds is told by its content, and only what talklikeme/hub_files.py lists goes up. A model
goes up only if it was searched for leaks (python -m talklikeme.evaluation.leaks) and none was found.
The token is HF_TOKEN in the environment and nowhere else. A push that broke off can be repeated: what is
there already is not sent again.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from talklikeme import runs
from talklikeme.commands import Parser
from talklikeme.errors import HubError, run_script
from talklikeme.evaluation.report import read_report
from talklikeme.hub_checks import (
    ACCEPT,
    TOKEN,
    check_repo,
    check_words,
    refuse_leaks,
    refuse_open_secrets,
    was_searched,
)
from talklikeme.hub_errors import in_one_line
from talklikeme.hub_files import (
    WEIGHTS,
    Files,
    Kind,
    pack_model,
    pack_pairs,
    pack_tokenizer,
    tell_kind,
)
from talklikeme.options import HubOptions

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_PATIENCE = 120.0  # seconds without a byte: huggingface_hub itself would wait for ever
_REPO_TYPES = {"model": "model", "tokenizer": "model", "pairs": "dataset", "space": "space"}


def check_push(options: HubOptions) -> None:
    """Before hours of work: raises ConfigError if a push that was asked for cannot be begun."""
    if options.push_to_hub:
        check_repo(options.push_to_hub)
        check_words(getattr(options, "push_despite_leaks", ""))


def push(
    folder: Path, repo: str, *, private: bool = True, despite_leaks: str = "", space: bool = False
) -> str:
    """Push what a folder holds, or a Space with the model that it holds; returns the address.

    Raises ConfigError, RunError for a folder that is nothing of ours, and HubError for a refusal
    and for whatever the Hub or the network answers.
    """
    check_repo(repo)
    kind = tell_kind(folder)
    if space and kind != "model":
        raise HubError(f"{folder}: a Space needs a model, this holds {kind}")
    if kind == "model":
        refuse_leaks(folder, despite_leaks)
    if kind == "pairs" and not private:
        refuse_open_secrets(folder)
    with runs.workspace(folder) as scratch:
        files = _pack(kind, folder, repo, scratch, space=space)
        return _send(files, folder, repo, "space" if space else kind, private=private)


def _pack(kind: Kind, folder: Path, repo: str, scratch: Path, *, space: bool) -> Files:
    if space:
        from talklikeme.hub_space import pack_space

        return pack_space(folder, repo)
    if kind == "pairs":
        return pack_pairs(folder, repo, scratch)
    return pack_model(folder, repo) if kind == "model" else pack_tokenizer(folder, repo)


def _send(files: Files, folder: Path, repo: str, kind: str, *, private: bool) -> str:
    """One commit with all files, in which the weights or data of an earlier push are gone."""
    from huggingface_hub import (
        CommitOperationAdd,
        CommitOperationDelete,
        HfApi,
        get_session,
    )

    api = HfApi(token=os.environ[TOKEN].strip(), library_name="talklikeme")
    repo_type = _REPO_TYPES[kind]
    with in_one_line(folder, repo, kind):
        get_session().timeout = _PATIENCE
        sdk = "gradio" if kind == "space" else None
        url = api.create_repo(
            repo, private=private, repo_type=repo_type, exist_ok=True, space_sdk=sdk
        )
        present = _look(api, repo, kind, private=private)
        outdated = [path for path in present if path not in files and _is_replaced(path, kind)]
        api.create_commit(
            repo,
            [
                *(CommitOperationAdd(path, _plain(content)) for path, content in files.items()),
                *(CommitOperationDelete(path) for path in outdated),
            ],
            commit_message=f"Push {kind} with talklikeme",
            repo_type=repo_type,
        )
    return str(url)


def _plain(content: Path | bytes) -> str | bytes:
    return str(content) if isinstance(content, Path) else content


def _look(api: "HfApi", repo: str, kind: str, *, private: bool) -> list[str]:
    """The files that are there; raises HubError if they say that this is the wrong place."""
    repo_type = _REPO_TYPES[kind]
    if private and not api.repo_info(repo, repo_type=repo_type).private:
        raise HubError(
            f"{repo}: is there already, open to everybody. Make it private, take another name, or pass "
            "--no-hub-private if everybody may see it"
        )
    present = api.list_repo_files(repo, repo_type=repo_type)
    if kind == "tokenizer" and any(map(WEIGHTS.fullmatch, present)):
        raise HubError(f"{repo}: holds a model. Give the tokenizer a repository of its own")
    return present


def _is_replaced(path: str, kind: str) -> bool:
    """What a new push takes the place of: shards of weights or data, and code that was renamed."""
    if kind == "pairs":
        return path.startswith("data/") and path.endswith(".parquet")
    if kind == "space":
        return path.startswith(("talklikeme/", "out/model/"))
    return kind == "model" and bool(WEIGHTS.fullmatch(path))


def push_made(folder: Path, options: HubOptions) -> None:
    """Push what a script has made, if that was asked for, and say so."""
    if options.push_to_hub:
        words = getattr(options, "push_despite_leaks", "")
        url = push(folder, options.push_to_hub, private=options.hub_private, despite_leaks=words)
        _say(url, private=options.hub_private)


def push_trained(model_folder: Path, pairs_folder: Path, options: HubOptions) -> None:
    """The same for a model, which is searched for leaks before, if nobody did so for long enough."""
    if not options.push_to_hub:
        return
    from talklikeme.evaluation import leaks

    if not was_searched(read_report(model_folder).get("leaks")):
        leaks.main([str(model_folder), "--pairs", str(pairs_folder)])
    push_made(model_folder, options)


def _say(url: str, *, private: bool) -> None:
    print(f"pushed to {url}{' (private)' if private else ''}")  # noqa: T201 - the command's answer


def build_parser() -> Parser:
    """The command's arguments."""
    parser = Parser("python -m talklikeme.hub", __doc__)
    parser.add_argument("folder", type=Path, help="out/model, out/tokenizer or out/pairs")
    parser.add_argument("repo", help="OWNER/NAME on the Hub; made if it is not there")
    parser.add_argument("--space", action="store_true", help="push a Space that serves the model")
    parser.add_argument(
        "--hub-private",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="make the repository private",
    )
    parser.add_argument("--push-despite-leaks", default="", metavar="WORDS", help=f'"{ACCEPT}"')
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    given = build_parser().parse_args(argv)
    url = push(
        given.folder,
        given.repo,
        private=given.hub_private,
        despite_leaks=given.push_despite_leaks,
        space=given.space,
    )
    _say(url, private=given.hub_private)
    return 0


if __name__ == "__main__":
    run_script(main)
