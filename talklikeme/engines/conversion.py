"""A saved model as CTranslate2 reads it, kept in its folder: made when the model is, or when first served.

    python -m talklikeme.engines.conversion out/model float32

That takes torch and transformers, which the server does without: it starts this as a process of its own.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from talklikeme import runs
from talklikeme.errors import RunError, run_script
from talklikeme.options import ComputeType

CONVERTED = "ctranslate2"  # in the model's folder, a folder for each type
_SOURCE, _HASH = "source.json", "sha256"
_WEIGHTS = "model.safetensors"
_MODULE = "talklikeme.engines.conversion"
_UNKNOWN = 3  # exit code: the architecture is none of CTranslate2's


class UnknownArchitectureError(RunError):
    """CTranslate2 cannot run such a model."""


def main(argv: Sequence[str] | None = None) -> int:
    """Convert a folder; returns 3 if CTranslate2 does not know the architecture."""
    folder, compute_type = sys.argv[1:] if argv is None else argv
    try:
        convert(Path(folder), "float32" if compute_type == "float32" else "int8")
    except UnknownArchitectureError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for whoever started the process
        return _UNKNOWN
    return 0


def convert(model: Path, compute_type: ComputeType) -> Path:
    """Write the converted model into the model's folder; returns its folder.

    Raises UnknownArchitectureError, for example for an EncoderDecoderModel.
    """
    from ctranslate2.converters import TransformersConverter
    from torch import float32
    from transformers.utils.logging import disable_progress_bar

    class Exact(TransformersConverter):
        """Converts in float32: in the bf16 of models/base, one and a norm's weight make a rounded sum."""

        def load_model(self, model_class: Any, model_name_or_path: str, **kwargs: Any) -> Any:
            return super().load_model(
                model_class, model_name_or_path, **kwargs | {"dtype": float32}
            )

    disable_progress_bar()
    target = model / CONVERTED / compute_type
    with runs.publish(target) as draft:
        try:
            # It makes its folder itself, or takes one that it may empty.
            Exact(str(model)).convert(str(draft), quantization=compute_type, force=True)
        except (ValueError, KeyError, AttributeError, NotImplementedError) as error:
            kind = json.loads((model / "config.json").read_text(encoding="utf-8"))["model_type"]
            raise UnknownArchitectureError(
                f"{model}: CTranslate2 cannot run a {kind} ({type(error).__name__})"
            ) from None
        _name_all(draft / "config.json")
        (draft / _SOURCE).write_text(json.dumps({_HASH: _hash(model)}), encoding="utf-8")
    return target


def _name_all(config: Path) -> None:
    """Give every special token a name, since CTranslate2 reads no null there.

    Bytes leave nothing unknown; a T5Gemma begins with the end token, where its converter expects a
    beginning that our tokenizers do not have.
    """
    settings = json.loads(config.read_text(encoding="utf-8"))
    for name in ("unk_token", "bos_token", "decoder_start_token"):
        settings[name] = settings.get(name) or settings["eos_token"]
    config.write_text(json.dumps(settings), encoding="utf-8")


def find_converted(model: Path, compute_type: ComputeType) -> Path | None:
    """The converted model, if it is there and made of these very weights."""
    target = model / CONVERTED / compute_type
    try:
        source = json.loads((target / _SOURCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return target if source.get(_HASH) == _hash(model) else None


def ensure_converted(model: Path, compute_type: ComputeType) -> Path:
    """The converted model, made by another process if need be.

    Raises UnknownArchitectureError, or RunError if the folder cannot be written or read.
    """
    if found := find_converted(model, compute_type):
        return found
    command = [sys.executable, "-m", _MODULE, str(model), compute_type]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0 and (found := find_converted(model, compute_type)):
        return found
    said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    if done.returncode == _UNKNOWN:
        raise UnknownArchitectureError(said)
    raise RunError(f"{model}: could not be converted for CTranslate2: {said}")


def _hash(model: Path) -> str:
    """Of the weights; of weights in several files, of their index and sizes."""
    whole = model / _WEIGHTS
    if whole.is_file():
        with whole.open("rb") as stored:
            return hashlib.file_digest(stored, "sha256").hexdigest()
    parts = sorted(model.glob("model-*.safetensors"))
    told = "".join(
        f"{part.name} {part.stat().st_size} {part.stat().st_mtime_ns} " for part in parts
    )
    return hashlib.sha256(told.encode()).hexdigest()


if __name__ == "__main__":
    run_script(main)
