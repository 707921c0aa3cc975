"""Work over processes: order of results, errors, and the progress bar that a user sees."""

import contextlib
import io
import os
import pty
import re
import subprocess
import sys
import termios
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from talklikeme.exports.files import ExportFile
from talklikeme.exports.watching import Meter, watched
from talklikeme.jobs import Tell, Work, run_jobs

MEGABYTE = 1 << 20


def square(number: int, tell: Tell) -> int:
    time.sleep(0.2 if number == 0 else 0)  # the first is the slowest
    tell(1)
    return number * number


def fail_at_two(number: int, tell: Tell) -> int:
    if number == 2:
        raise TimeoutError("of the work, not of waiting for it")
    return square(number, tell)


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("weight", [None, lambda number: number])
def test_results_come_in_the_order_of_the_jobs(
    processes: int, weight: Callable[[int], int] | None
) -> None:
    work = Work(square, "squaring", "job", weight)
    assert list(run_jobs(work, range(6), processes, total=6)) == [0, 1, 4, 9, 16, 25]


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_in_one_job_ends_the_work(processes: int) -> None:
    with pytest.raises(TimeoutError, match="of the work"):
        list(run_jobs(Work(fail_at_two, "failing", "job"), range(4), processes, total=4))


def test_a_file_read_whole_is_told_message_by_message() -> None:
    told: list[int] = []
    meter = Meter(told.append)
    file = ExportFile("chat.txt", 4 * MEGABYTE, lambda: io.BytesIO(bytes(4 * MEGABYTE)))
    with watched(file, meter.read).open() as stream:
        stream.read()
    meter.open_file(8192)
    assert sum(told) == 0
    for _ in range(2048):
        meter.count()
    assert sum(told) == MEGABYTE
    meter.close()
    assert sum(told) == 4 * MEGABYTE


def test_a_file_read_bit_by_bit_is_told_as_it_is_read() -> None:
    told: list[int] = []
    meter = Meter(told.append)
    for _ in range(4):
        meter.read(100_000)
        for _ in range(512):
            meter.count()
    assert told == [100_000] * 4
    meter.open_file(2048)  # its tally comes last
    meter.close()
    assert sum(told) == 400_000


SLOW_WORK = """
import time
from talklikeme.jobs import Work, run_jobs
def slow(number, tell):
    for _ in range(10):
        time.sleep(0.06)
        tell(100_000)
if __name__ == "__main__":
    jobs = range({jobs})
    list(run_jobs(Work(slow, "reading", "B"), jobs, {processes}, total=len(jobs) * 1_000_000))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("jobs", "processes"), [(6, 1), (12, 2)])
def test_a_terminal_shows_rate_and_time_left_while_a_job_is_under_way(
    tmp_path: Path, jobs: int, processes: int
) -> None:
    script = tmp_path / "slow_work.py"
    script.write_text(textwrap.dedent(SLOW_WORK.format(jobs=jobs, processes=processes)))
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))  # a terminal without a width shows no bar
    process = subprocess.Popen(
        [sys.executable, str(script)], stderr=theirs, env=os.environ | {"PYTHONPATH": "."}
    )
    os.close(theirs)
    shown = ""
    with contextlib.suppress(OSError):  # a terminal whose last user is gone
        while piece := os.read(ours, 65536):
            shown += piece.decode()
    os.close(ours)
    assert process.wait() == 0
    # such as "reading:  47%|████▋     | 5.70M/12.0M [00:03<00:03, 1.66MB/s]"
    steps = set(re.findall(r"([\d.]+)M/\d+\.\d+M \[\d\d:\d\d<\d\d:\d\d, ", shown))
    assert len(steps) > 5, shown
