"""A real PostgreSQL for a test: made in a folder of its own, thrown away afterwards.

It refuses to run as root, so there it runs as the user `postgres`, whom Debian's package makes.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PLACES = ("/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin")
# The server is gone when the test ends: what a test of durability kills is the service.
_QUICK = ("fsync=off", "full_page_writes=off", "max_connections=200", "shared_buffers=32MB")


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a server with an empty database."""
    with tempfile.TemporaryDirectory(prefix="talklikeme-pg-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), _free_port()
        user = "postgres" if os.geteuid() == 0 else None
        if user:
            shutil.chown(folder, user)
        data = folder / "data"
        _run(user, "initdb", "-D", str(data), "-U", "test", "--auth=trust", "--no-sync")
        options = " ".join(f"-c {one}" for one in _QUICK)
        options += f" -c listen_addresses=127.0.0.1 -p {port} -k {folder}"
        _run(
            user, "pg_ctl", "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start"
        )
        try:
            yield f"postgresql+psycopg://test@127.0.0.1:{port}/postgres"
        finally:
            _run(user, "pg_ctl", "-D", str(data), "-m", "immediate", "stop")


def _run(user: str | None, program: str, *arguments: str) -> None:
    found = shutil.which(program) or shutil.which(program, path=os.pathsep.join(_PLACES))
    assert found, f"{program} is not here: install PostgreSQL (Debian: apt install postgresql)"
    done = subprocess.run(
        [found, *arguments],
        user=user,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, f"{program} failed with exit code {done.returncode}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
