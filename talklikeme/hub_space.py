"""A Space for a model: app.py, this package, its requirements and the model, ready to run as it is.

What CTranslate2 answers with goes along, so that the Space needs no torch.

https://huggingface.co/docs/hub/spaces-config-reference. app.py knows by SPACE_ID that it is on a Space
and listens there without flags.
"""

import importlib.metadata
from collections.abc import Sequence
from pathlib import Path

import talklikeme
from talklikeme import cards
from talklikeme.engines.conversion import find_converted
from talklikeme.errors import RunError
from talklikeme.hub_files import Files, pack_model
from talklikeme.options import AppOptions

# What app.py imports, by the names of the packages; a test compares this with what it does import.
NEEDS = (
    "ctranslate2", "dbos", "fastapi", "gradio", "httpx", "jinja2", "msgspec", "phonenumbers", "prometheus-client", "pydantic",
    "python-stdnum", "pyyaml", "regex", "sqlalchemy", "starlette", "tokenizers", "uvicorn", "wrapt",
)  # fmt: skip
_REFERENCE_NEEDS = ("torch", "transformers")  # where CTranslate2 does not know the architecture
_CODE = {".py", ".css", ".html", ".js", ".txt"}
MODEL = "out/model"


def pack_space(model_folder: Path, repo: str) -> Files:
    """The files of a Space; raises RunError if the package is not run from its repository."""
    package = Path(talklikeme.__file__).parent
    app = package.parent / "app.py"
    if not app.is_file():
        raise RunError(f"{app}: not there. A Space is pushed from a checkout of talklikeme")
    files: Files = {"app.py": app}
    files |= {
        f"talklikeme/{path.relative_to(package).as_posix()}": path
        for path in sorted(package.rglob("*"))
        if path.suffix in _CODE and path.is_file()
    }
    model = pack_model(model_folder, repo)
    files |= {f"{MODEL}/{name}": content for name, content in model.items()}
    converted = find_converted(model_folder, AppOptions().compute_type)
    if converted is not None:
        files |= {
            f"{MODEL}/{path.relative_to(model_folder).as_posix()}": path
            for path in sorted(converted.iterdir())
        }
    files["requirements.txt"] = requirements(
        NEEDS if converted else NEEDS + _REFERENCE_NEEDS
    ).encode()
    files["README.md"] = cards.space_card(repo.rpartition("/")[2]).encode()
    return files


def requirements(needs: Sequence[str]) -> str:
    """What the Space installs: the versions that run here."""
    found = {name: importlib.metadata.version(name).partition("+")[0] for name in needs}
    return "".join(f"{name}=={version}\n" for name, version in found.items())
