"""Real database servers for tests, each started once in a folder of its own, on this machine only."""

from __future__ import annotations

import atexit
import getpass
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from tests.engines.postgres.server import fresh_database

_numbers = count(1)


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty PostgreSQL database."""
    with fresh_database() as url:
        yield url.replace("postgresql://", "postgresql+psycopg://", 1)


@cache
def _mariadb() -> str:
    server = shutil.which("mariadbd") or shutil.which("mysqld")
    install = shutil.which("mariadb-install-db")
    if server is None or install is None:
        pytest.skip("needs mariadbd and mariadb-install-db on this machine")
    pytest.importorskip("pymysql", reason="needs the driver pymysql")
    folder = Path(tempfile.mkdtemp(prefix="chengshu-mariadb-"))
    own = ["--no-defaults", f"--datadir={folder / 'data'}", f"--user={getpass.getuser()}"]
    how = ["--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run([install, *own, *how], check=True, capture_output=True)
    socket = folder / "s.sock"
    quiet = ["--skip-networking", f"--socket={socket}", f"--pid-file={folder / 'pid'}"]
    small = ["--innodb-buffer-pool-size=16M", "--skip-log-bin"]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen([server, *own, *quiet, *small], stdout=log, stderr=log)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(running.wait)
    atexit.register(running.terminate)
    for _ in range(900):
        if socket.exists() or running.poll() is not None:
            break
        time.sleep(0.1)
    assert running.poll() is None, (folder / "log").read_text()
    return f"mysql+pymysql://root@localhost/{{}}?unix_socket={socket}&charset=utf8mb4"


@contextmanager
def mariadb() -> Iterator[str]:
    """The address of an empty MariaDB database. Skips where there is no server or no driver."""
    url, name = _mariadb(), f"chengshu_{next(_numbers)}"
    root = create_engine(url.format("mysql"))
    with root.begin() as connection:
        connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    try:
        yield url.format(name)
    finally:
        with root.begin() as connection:
            connection.execute(text(f"DROP DATABASE {name}"))
        root.dispose()


SERVERS = {"postgres": postgres, "mariadb": mariadb}
