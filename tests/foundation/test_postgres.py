"""The embedded PostgreSQL starts whatever happened before, belongs to one process, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from services.foundation import postgres
from services.foundation.postgres import EmbeddedPostgres, FolderInUse, PostgresFailed
from tests.conftest import project_root

pytestmark = [pytest.mark.database, pytest.mark.processes]

CHILD = """
import sys, time
from pathlib import Path
import psycopg
from services.foundation.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
with psycopg.connect(server.dsn("cdi_owner"), autocommit=True) as conn:
    conn.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
    n = 0
    while True:
        conn.execute("INSERT INTO kept VALUES (%s)", (n,))
        print(n, flush=True)
        n += 1
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cdi-query-test-") as name:
        yield Path(name)


def child(folder: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(project_root())}
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder)], stdout=subprocess.PIPE, text=True, env=environment
    )


def servers_on(folder: Path) -> list[int]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if str(folder / "pgdata") in line and Path(line[0]).name == "postgres":
            found.append(process.pid)
    return found


def count(server: EmbeddedPostgres) -> int:
    with psycopg.connect(server.dsn("cdi_owner")) as conn:
        row = conn.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.processes
@pytest.mark.parametrize("server_dies_too", [False, True])
def test_what_was_committed_survives_kill_9_and_no_process_is_left(folder: Path, server_dies_too: bool) -> None:
    process = child(folder)
    assert process.stdout is not None
    written = [int(process.stdout.readline()) for _ in range(50)]
    process.kill()
    process.wait()
    process.stdout.close()
    (leftover,) = servers_on(folder)
    if server_dies_too:
        os.kill(leftover, signal.SIGKILL)
        _until(lambda: not psutil.pid_exists(leftover) or psutil.Process(leftover).status() == psutil.STATUS_ZOMBIE)
    server = EmbeddedPostgres(folder)
    server.start()
    assert count(server) >= len(written)
    server.stop()
    assert servers_on(folder) == []


@pytest.mark.processes
def test_a_second_start_on_the_folder_is_refused_and_names_the_holder(folder: Path) -> None:
    process = child(folder)
    assert process.stdout is not None
    process.stdout.readline()
    with pytest.raises(FolderInUse) as refused:
        EmbeddedPostgres(folder).start()
    assert refused.value.pid == process.pid
    assert len(servers_on(folder)) == 1, "the refused start touched nothing"
    process.kill()
    process.wait()
    process.stdout.close()
    server = EmbeddedPostgres(folder)
    server.start()
    server.stop()


def test_it_refuses_a_second_start_in_the_same_process_and_starts_again_after_a_stop(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    with pytest.raises(FolderInUse):
        EmbeddedPostgres(folder).start()
    password = server.password("cdi_owner")
    server.stop()
    server.stop()
    again = EmbeddedPostgres(folder)
    again.start()
    assert again.password("cdi_owner") == password
    again.stop()
    assert servers_on(folder) == []


def test_a_pid_file_that_names_a_stranger_does_not_stop_it(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    server.stop()
    (folder / "pgdata" / "postmaster.pid").write_text(f"{os.getpid()}\n{folder / 'pgdata'}\n0\n5432\n\n\n\n\n")
    again = EmbeddedPostgres(folder)
    again.start()
    again.stop()
    assert psutil.Process().is_running()


def test_a_half_made_data_folder_is_made_anew(folder: Path) -> None:
    (folder / "pgdata.new").mkdir()
    (folder / "pgdata.new" / "PG_VERSION").write_text("18")
    server = EmbeddedPostgres(folder)
    server.start()
    server.stop()
    assert not (folder / "pgdata.new").exists()


def test_a_deep_folder_gets_a_short_socket(folder: Path) -> None:
    deep = folder.joinpath(*["a-rather-long-folder-name"] * 5)
    server = EmbeddedPostgres(deep)
    server.start()
    try:
        with psycopg.connect(server.dsn("postgres")) as conn:
            assert conn.info.server_version // 10_000 == 18
    finally:
        server.stop()


def test_nobody_gets_in_without_a_password_or_from_the_network(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres.dsn("postgres").replace(postgres.password("postgres"), "wrong"))
    with psycopg.connect(postgres.dsn("postgres")) as conn:
        assert conn.execute("SHOW listen_addresses").fetchone() == ("",)
    mode = stat.S_IMODE((postgres.folder / "postgres-passwords.json").stat().st_mode)
    assert mode == 0o600


def test_the_owner_is_no_superuser_and_the_log_keeps_no_values(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.dsn("cdi_owner"), autocommit=True) as conn:
        assert conn.info.parameter_status("is_superuser") == "off"
        with pytest.raises(psycopg.DataError):
            conn.execute("SELECT 'Plainly Invented'::int")
        with pytest.raises(psycopg.DataError):
            conn.execute("SELECT %s::text::int", ("Plainly Invented",))
    assert "Plainly" not in (postgres.data / "server.log").read_text()


def _until(condition: object, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_start_that_fails_half_way_leaves_no_server_and_gives_the_folder_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = EmbeddedPostgres(folder, {"fsync": "off"})
    with monkeypatch.context() as patch:
        patch.setattr(postgres, "MAJOR", 17)
        with pytest.raises(PostgresFailed, match="17 is needed"):
            server.start()
    assert servers_on(folder) == []
    server.start()
    server.stop()
