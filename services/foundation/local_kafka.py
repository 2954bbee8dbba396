"""Apache Kafka on this machine without Docker: jars by Maven, plain Java, one KRaft node, loopback only.

What a killed starter left running is ended at the next start on the same folder.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from services.foundation.background import in_thread
from services.foundation.folder_lock import FolderLock

VERSION = "4.3.0"
START_SECONDS = 60.0
STOP_SECONDS = 30.0

_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.24.3</version></dependency>
  </dependencies>
</project>
"""

_LOGGING = """status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
"""


class BrokerFailed(RuntimeError):
    """The broker could not be started; the message says why."""


class LocalKafka:
    """One Kafka node whose data stays in a folder.

    Args:
        folder: of the data; made if missing, held by one process at a time.
        cache: of the jars (54 MB, fetched once by Maven); by default in the user's cache folder.
    """

    def __init__(self, folder: Path, cache: Path | None = None) -> None:
        self._folder = folder.absolute()
        self._cache = cache or default_cache()
        self._lock = FolderLock(self._folder / "kafka.lock")
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> str:
        """Start the node and return its address once it answers.

        Raises:
            FolderInUse: another process runs a node on this folder.
            BrokerFailed: Java or Maven are missing, or the node does not come up in a minute.
        """
        try:
            return await in_thread(self._start)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop the node; its data stays."""
        await asyncio.to_thread(self._stop)

    @property
    def pid(self) -> int | None:
        """The node's process id while it runs."""
        return self._process.pid if self._process else None

    def _start(self) -> str:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock.acquire()
        _end_leftover(self._folder)
        jars = _jars(self._cache)
        port, controller = _free_ports(2)
        config = self._configure(port, controller)
        self._format(jars, config)
        self._process = self._launch(jars, config)
        server = f"127.0.0.1:{port}"
        self._await_ready(server)
        return server

    def _configure(self, port: int, controller: int) -> Path:
        path = self._folder / "server.properties"
        path.write_text(_properties(port, controller, self._folder / "data"))
        (self._folder / "log4j2.properties").write_text(_LOGGING)
        return path

    def _format(self, jars: Path, config: Path) -> None:
        if (self._folder / "data" / "meta.properties").exists():
            return
        command = ["kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", str(config)]
        _run([_program("java"), "-cp", f"{jars}/*", *command], self._folder)

    def _launch(self, jars: Path, config: Path) -> subprocess.Popen[bytes]:
        logging = f"-Dlog4j2.configurationFile={self._folder / 'log4j2.properties'}"
        command = [_program("java"), "-Xmx512m", logging, "-cp", f"{jars}/*", "kafka.Kafka", str(config)]
        with self._log.open("wb") as said:
            # A session of its own: Ctrl-C is for us, and we stop the node after its clients.
            process = subprocess.Popen(  # noqa: S603 - our own command
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )
        (self._folder / "kafka.pid").write_text(str(process.pid))
        return process

    def _await_ready(self, server: str) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            if _answers(server):
                return
            time.sleep(0.1)
        said = self._log.read_text(errors="replace")[-2000:]
        raise BrokerFailed(f"Kafka did not start: {said}")

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            (self._folder / "kafka.pid").unlink(missing_ok=True)
        self._lock.release()

    @property
    def _log(self) -> Path:
        return self._folder / "kafka.log"


def default_cache() -> Path:
    """Return where the jars are kept: `CDI_QUERY_CACHE`, else the user's cache folder."""
    chosen = os.environ.get("CDI_QUERY_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(chosen).expanduser() if chosen else Path(base).expanduser() / "cdi-query"


def _jars(cache: Path) -> Path:
    """Return the folder of the jars. One process fetches them; a fetch that broke off leaves nothing half."""
    folder = cache / f"kafka-{VERSION}"
    cache.mkdir(parents=True, exist_ok=True)
    with _only_one(cache / "kafka.lock"):
        if not folder.exists():
            work = cache / f"kafka-{VERSION}.new"
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            (work / "pom.xml").write_text(_POM)
            goal = ["dependency:copy-dependencies", "-DoutputDirectory=.", "-DincludeScope=runtime"]
            _run([_program("mvn"), "-q", "-B", *goal], work)
            work.rename(folder)
    return folder


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _end_leftover(folder: Path) -> None:
    path = folder / "kafka.pid"
    try:
        process = psutil.Process(int(path.read_text()))
        if str(folder / "server.properties") in process.cmdline():
            process.send_signal(signal.SIGKILL)
            process.wait(STOP_SECONDS)
    except (FileNotFoundError, ValueError, psutil.Error):
        return
    finally:
        path.unlink(missing_ok=True)


def _properties(port: int, controller: int, data: Path) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(data),
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "auto.create.topics.enable": "false",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _cluster_id() -> str:
    """Return 16 random bytes as Kafka writes them; a leading dash would read as an option."""
    return base64.urlsafe_b64encode(b"\x00" + uuid.uuid4().bytes[1:]).decode().rstrip("=")


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]


def _answers(server: str) -> bool:
    try:
        AdminClient({"bootstrap.servers": server, "log_level": 0, "socket.timeout.ms": 2000}).list_topics(timeout=2)
    except KafkaException:
        return False
    return True


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise BrokerFailed(f"a local Kafka needs `{name}` (Java 17 or later, and Maven)")
    return path


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=300
    )
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace").strip()[-2000:]
        raise BrokerFailed(f"{Path(command[0]).name} failed: {said}")
