"""The data folder of an embedded instance: its lock, its secrets, and the note that other commands find it by."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from services.foundation.folder_lock import FolderInUse, FolderLock
from services.foundation.private_files import write_private

DEFAULT_FOLDER = ".cdi-query"
NOTE = "instance.json"


class Secrets(BaseModel):
    """Made once per folder, readable by its owner alone. Losing them loses the charts' ids and the audit payloads."""

    model_config = ConfigDict(frozen=True)

    chart_secret: str
    payload_key: str
    service_token: str
    operator_token: str
    coder_token: str
    compliance_token: str
    demo_password: str


class Note(BaseModel):
    """Where a running instance is, for the other commands."""

    model_config = ConfigDict(frozen=True)

    pid: int
    url: str
    kafka: str
    durable: bool
    smtp_port: int
    operator_token: str
    coder_token: str
    compliance_token: str


def data_folder() -> Path:
    """Return the data folder: `CDI_QUERY_DATA`, else `.cdi-query/` here."""
    return Path(os.environ.get("CDI_QUERY_DATA") or DEFAULT_FOLDER)


class Instance:
    """One data folder, used by one process at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._lock = FolderLock(self.folder / "instance.lock")

    def acquire(self) -> None:
        """Take the folder. Raises `FolderInUse` if another process runs on it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock.acquire()
        (self.folder / NOTE).unlink(missing_ok=True)

    def release(self) -> None:
        """Give the folder back."""
        if self._lock.held:
            (self.folder / NOTE).unlink(missing_ok=True)
            self._lock.release()

    def secrets(self) -> Secrets:
        """Return the folder's secrets, made at the first use."""
        path = self.folder / "secrets.json"
        if not path.exists():
            write_private(path, _new_secrets().model_dump_json(indent=1))
        return Secrets.model_validate_json(path.read_text())

    def announce(self, note: Note) -> None:
        """Let other commands find the instance."""
        write_private(self.folder / NOTE, note.model_dump_json(indent=1))


def running(folder: Path | None = None) -> Note | None:
    """Return the note of the instance that runs on the folder, or None."""
    place = (folder or data_folder()).absolute()
    try:
        note = Note.model_validate_json((place / NOTE).read_text())
    except (OSError, ValidationError, json.JSONDecodeError):
        return None
    return note if _is_held(place) else None


def _is_held(folder: Path) -> bool:
    """The lock, not the note, tells whether somebody runs: a killed process leaves its note behind."""
    lock = FolderLock(folder / "instance.lock")
    try:
        lock.acquire()
    except FolderInUse:
        return True
    lock.release()
    return False


def _new_secrets() -> Secrets:
    def token() -> str:
        return "cdiq_" + secrets.token_urlsafe(32)

    return Secrets(
        chart_secret=secrets.token_urlsafe(48),
        payload_key=base64.b64encode(secrets.token_bytes(32)).decode(),
        service_token=token(),
        operator_token=token(),
        coder_token=token(),
        compliance_token=token(),
        demo_password=secrets.token_urlsafe(12),
    )
