"""Compare how fast chat exports become messages: this project, chat-miner, whatstk, bare parsers.

python benchmarks/import_speed.py --install-peers                        # once
python benchmarks/import_speed.py --peers --size 20                      # writes docs/import-speed.md
python benchmarks/import_speed.py --formats mixed=1024 --num-proc 2 --repeat 1

Each tool runs in a process of its own on the same generated files, in turn, several times; the
table has the medians. Start-up counts. Memory is the peak of the process, or of all its processes.
"""

import argparse
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.exports_generator import MEGABYTE, WRITERS
from benchmarks.exports_invented import OWNER
from benchmarks.exports_output import Written
from benchmarks.tables import processor, write_block

ROOT: Final = Path(__file__).resolve().parent.parent
PEERS: Final = ROOT / "benchmarks" / ".venv-peers"
PAGE: Final = ROOT / "docs" / "import-speed.md"
OURS, WHOLE, RIVAL = "talklikeme readers", "prepare_data.py", "chat-miner"
_PACKAGES: Final = ("chat-miner", "whatstk", "pandas", "lxml")
_RIVALS: Final = {
    "whatsapp": ("chat-miner", "whatstk", "pandas"),
    "telegram": ("chat-miner", "json.load"),
    "telegram-chat": ("chat-miner", "json.load"),
    "messenger": ("chat-miner", "json.load"),
    "sms": ("pandas",),
    "imessage": ("pandas",),
}
_HEADER: Final = (
    "| format | tool | messages | seconds | CPU s | messages/s | × chat-miner | peak MB |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|"
)


@dataclass(frozen=True)
class Run:
    """What one process took."""

    seconds: float
    cpu: float
    peak: float  # MB
    messages: int
    failed: str = ""


def main() -> None:
    """Generate, run, write the table."""
    given = _parse_arguments()
    if given.install_peers:
        return install_peers()
    if given.peers and not (PEERS / "bin" / "python").exists():
        sys.exit(f"error: {PEERS} is not there. Run with --install-peers first")
    rows: list[str] = []
    with tempfile.TemporaryDirectory(dir=given.folder) as scratch:
        for name, megabytes in given.formats:
            folder = Path(scratch) / name
            written = WRITERS[name](folder, int(megabytes * MEGABYTE), "0")
            print(f"{name}: {written.size / MEGABYTE:,.0f} MB, {written.messages:,} messages")
            runs = compare(name, folder, given)
            rows += _rows(written, runs)
            shutil.rmtree(folder)
    table = "\n".join([_HEADER, *rows, "", machine(given)])
    print(table)
    if not given.no_write:
        write_block(PAGE, "table", table)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=float, default=20, help="megabytes of each format")
    parser.add_argument(
        "--formats", nargs="+", default=list(_RIVALS), help=f"of {', '.join(WRITERS)}; or NAME=MB"
    )
    parser.add_argument(
        "--num-proc", type=int, nargs="+", default=[1], help="processes of prepare_data.py, in turn"
    )
    parser.add_argument("--repeat", type=int, default=3, help="runs of each tool")
    parser.add_argument("--limit", type=int, default=600, help="seconds that one run may take")
    parser.add_argument("--peers", action="store_true", help="run the other tools too")
    parser.add_argument("--install-peers", action="store_true", help="install them, and stop")
    parser.add_argument("--folder", type=Path, help="where to put the exports for the time")
    parser.add_argument("--no-write", action="store_true", help="only print the table")
    given = parser.parse_args()
    sizes = [(*one.split("="), given.size)[:2] for one in given.formats]
    given.formats = [(name, float(size)) for name, size in sizes]
    if unknown := {name for name, _ in sizes} - WRITERS.keys():
        parser.error(f"--formats: no {', '.join(unknown)}. Known: {', '.join(WRITERS)}")
    return given


def install_peers() -> None:
    """Install what we are compared with, apart from this project: it needs other versions."""
    subprocess.run([sys.executable, "-m", "venv", str(PEERS)], check=True)
    subprocess.run([str(PEERS / "bin" / "pip"), "install", "-q", *_PACKAGES], check=True)


def compare(name: str, folder: Path, given: argparse.Namespace) -> dict[str, list[Run]]:
    """Run every tool in turn, several times."""
    whole = [f"{WHOLE} --num-proc {count}" for count in given.num_proc]
    tools = [OURS, *whole, *(_RIVALS.get(name, ()) if given.peers else ())]
    runs: dict[str, list[Run]] = defaultdict(list)
    for _ in range(given.repeat):
        for tool in tools:
            if not any(run.failed for run in runs[tool]):
                runs[tool].append(_run_tool(tool, name, folder, given))
                print(f"  {tool}: {runs[tool][-1]}", flush=True)
    return runs


def _run_tool(tool: str, name: str, folder: Path, given: argparse.Namespace) -> Run:
    with tempfile.TemporaryDirectory(dir=given.folder) as out:
        if tool.startswith(WHOLE):
            command = [sys.executable, *tool.split(), "--exports", str(folder), "--out", out]
            command += ["--me", OWNER, "--timezone", "UTC"]
            return measure(command, given.limit, Path(out) / "pairs" / "ledger.json")
        python = sys.executable if tool == OURS else str(PEERS / "bin" / "python")
        return measure(
            [python, "benchmarks/import_contenders.py", tool, name, str(folder)], given.limit
        )


def measure(command: Sequence[str], limit: float, ledger: Path | None = None) -> Run:
    """Run a command to its end and take its time, its CPU time and its memory."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=out, stderr=errors, start_new_session=True
        )
        watch = _Watch(process.pid, limit)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.stop()
        out.seek(0)
        errors.seek(0)
        said, wrong = out.read().decode(), errors.read().decode()
    peak = max(usage.ru_maxrss / 1024, watch.peak)
    cpu = max(usage.ru_utime + usage.ru_stime, sum(watch.cpu.values()))
    run = Run(seconds, cpu, peak, 0)
    if process.returncode:
        why = "stopped after the time limit" if watch.is_late else _last_line(wrong)
        return Run(run.seconds, run.cpu, run.peak, 0, why or f"exit code {process.returncode}")
    if ledger:
        records = json.loads(ledger.read_text(encoding="utf-8"))["records"]
        return Run(run.seconds, run.cpu, run.peak, records)
    found = json.loads(_last_line(said))
    return Run(run.seconds, run.cpu, run.peak, found["messages"], found["failed"])


def _last_line(text: str) -> str:
    return (text.strip().split("\n") or [""])[-1]


class _Watch(threading.Thread):
    """Ends a process group that takes too long; sums the memory (MB) and CPU seconds in it.

    A worker of multiprocessing's fork server is nobody's child in the end, so the system's account
    of the command lacks it.
    """

    def __init__(self, session: int, limit: float) -> None:
        super().__init__(daemon=True)
        self.peak = 0.0
        self.is_late = False
        self.cpu: dict[str, float] = {}
        self._session = session
        self._deadline = time.monotonic() + limit
        self._done = threading.Event()

    def run(self) -> None:
        """Look twice a second; the peak of a single process comes exactly, from the system."""
        while not self._done.wait(0.5):
            if time.monotonic() > self._deadline:
                self.is_late = True
                os.killpg(self._session, signal.SIGKILL)
            members = _members(self._session)
            self.cpu |= {process.name: seconds for process, seconds in members.items()}
            if len(members) > 1:
                self.peak = max(self.peak, sum(map(_proportional_memory, members)))

    def stop(self) -> None:
        """Stop looking."""
        self._done.set()
        self.join()


def _members(session: int) -> dict[Path, float]:
    """The processes of a session and the CPU seconds of each."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            stat = (process / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        fields = stat.rpartition(")")[2].split()
        if fields[3] == str(session):
            found[process] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return found


def _proportional_memory(process: Path) -> float:
    """Resident memory in MB, pages shared with others in part."""
    try:
        found = re.search(r"^Pss:\s+(\d+)", (process / "smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def _rows(written: Written, runs: dict[str, list[Run]]) -> list[str]:
    """The lines of one format; a tool that failed has its reason."""
    rival = _median(runs[RIVAL], "seconds") if RIVAL in runs and not runs[RIVAL][-1].failed else 0
    label = f"{written.format}, {written.size / MEGABYTE:,.0f} MB, {written.messages:,} messages"
    rows = []
    for tool, of_tool in runs.items():
        last = of_tool[-1]
        seconds = _median(of_tool, "seconds")
        speed = f"{last.messages / seconds:,.0f}" if last.messages else "–"
        ratio = f"{rival / seconds:.1f}" if rival and not last.failed else "–"
        name = f"{tool}: {last.failed}".replace("|", "/") if last.failed else tool
        rows.append(
            f"| {label} | {name} | {last.messages:,} | {seconds:.1f} | {_median(of_tool, 'cpu'):.1f} "
            f"| {speed} | {ratio} | {_median(of_tool, 'peak'):,.0f} |"
        )
        label = ""
    return rows


def _median(runs: Sequence[Run], of: str) -> float:
    return float(statistics.median(getattr(run, of) for run in runs))


def machine(given: argparse.Namespace) -> str:
    """On what, when and how it was measured."""
    versions = f", {_peer_versions()}" if given.peers else ""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores of {processor()}, "
        f"Python {platform.python_version()}{versions}; medians of {given.repeat}. Load of the machine "
        f"at the end: {os.getloadavg()[0]:.1f}. ×: seconds of chat-miner over seconds of the tool."
    )


def _peer_versions() -> str:
    listed = subprocess.run(
        [str(PEERS / "bin" / "pip"), "list", "--format=json", "--disable-pip-version-check"],
        capture_output=True, check=True,
    )  # fmt: skip
    versions = {one["name"]: one["version"] for one in json.loads(listed.stdout)}
    return ", ".join(f"{name} {versions.get(name, '?')}" for name in _PACKAGES[:3])


if __name__ == "__main__":
    main()
