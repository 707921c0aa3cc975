"""What may be told about an unexpected error: its kind and place, never the texts it speaks of."""

import traceback
from pathlib import Path


def describe_failure(error: BaseException) -> str:
    """The error's type, file and line, without its message: that may quote a chat."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
