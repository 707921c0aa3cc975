"""Put a table between its markers in a page of docs/."""

import re
from pathlib import Path


def write_block(path: Path, name: str, block: str) -> None:
    """Replace what stands between `<!-- name:begin -->` and `<!-- name:end -->`."""
    text = path.read_text(encoding="utf-8")
    text, count = re.subn(
        rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)",
        lambda found: f"{found[1]}{block}\n{found[2]}",
        text,
        flags=re.DOTALL,
    )
    if count != 1:
        raise SystemExit(f"{path}: needs one pair of markers {name}:begin, {name}:end")
    path.write_text(text, encoding="utf-8")
