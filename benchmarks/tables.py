"""What the benchmarks share: tables, their place between markers in a page, and the machine's name."""

import platform
import re
from collections.abc import Iterable, Sequence
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


def table(head: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1) -> str:
    """A Markdown table whose first `texts` columns are texts; the numbers behind them stand to the right."""
    rules = ["---"] * texts + ["---:"] * (len(head) - texts)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rules, *rows))


def processor() -> str:
    """The processor's name, or its architecture where the system does not tell."""
    try:
        found = re.search(
            r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8")
        )
    except OSError:
        found = None
    return found[1].strip() if found else platform.machine()
