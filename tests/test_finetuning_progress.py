"""What finetune.py shows while it trains: a bar to who watches, plain lines to a log."""

import os
import pty
import re
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.models import make_inputs
from tests.test_two_processes import FLAGS

TRAIN = [sys.executable, "finetune.py", *FLAGS, "--no-evaluate", "--out"]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}


@pytest.mark.slow
def test_a_log_gets_plain_lines(tmp_path: Path) -> None:
    make_inputs(tmp_path)

    done = subprocess.run([*TRAIN, str(tmp_path)], capture_output=True, text=True, env=ENVIRONMENT)

    assert done.returncode == 0, done.stderr
    assert "\r" not in done.stderr + done.stdout
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    told = r"step \d+ of 12 \(\d+%\), loss \d\.\d{3}(, validation \d\.\d{3})?, \d\d:\d\d left"
    steps = [line for line in lines if re.fullmatch(told, line)]
    assert len(steps) == 12 + 3  # every log, every validation
    assert re.match(r"step 12 of 12 \(100%\), .*validation .*, 00:00 left", steps[-1])
    assert [line for line in lines if line not in steps and "%" in line] == []


@pytest.mark.slow
def test_a_terminal_gets_a_bar(tmp_path: Path) -> None:
    make_inputs(tmp_path)
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))

    process = subprocess.Popen(
        [*TRAIN, str(tmp_path)], stdout=subprocess.DEVNULL, stderr=theirs, env=ENVIRONMENT
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # how Linux tells that the other side is closed
        pass
    finally:
        os.close(ours)

    assert process.wait(60) == 0
    assert re.search(rb"\r100%\|.*\| 12/12 .*loss=\d\.\d{3}, validation=", shown)
    assert b"step 12 of 12" not in shown
