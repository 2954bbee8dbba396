"""Tell the container engine whether the service of this container works: exit code 0 if it does.

The tracker is asked over HTTP. The others have no port: they work when the broker knows a member of their consumer
group that connects from this host. Which service this is stands in the command line of process 1.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

GROUPS = ("query-builder", "notifier")


def command_line() -> list[str]:
    """Return the words of the container's first process."""
    return Path("/proc/1/cmdline").read_bytes().decode(errors="replace").split("\0")


def tracker_is_ready(port: str) -> bool:
    """Ask the tracker on this host; raises what urllib raises when it does not answer 200."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
        return bool(answer.status == 200)


def own_addresses() -> set[str]:
    """Return the addresses of this host."""
    return {str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None)}


async def members_hosts(group: str) -> list[str]:
    """Return the hosts from which the members of a consumer group connect."""
    # Imported here, because the tracker's check does without and comes every few seconds.
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415

    from services.foundation.kafka import connection_options  # noqa: PLC0415
    from services.foundation.settings import KafkaSettings  # noqa: PLC0415

    admin: Any = AIOKafkaAdminClient(client_id="cdi-query-health", **connection_options(KafkaSettings()))
    await admin.start()
    try:
        (answer,) = await admin.describe_consumer_groups([group])
    finally:
        await admin.close()
    return [member["client_host"].lstrip("/") for found in answer.to_object()["groups"] for member in found["members"]]


def healthy(words: Iterable[str]) -> bool:
    """Tell whether the service named in a command line works."""
    known = set(words)
    if "tracker" in known:
        return tracker_is_ready(os.environ.get("CDI_QUERY_TRACKER_PORT", "8080"))
    group = next((name for name in GROUPS if name in known), None)
    return group is None or bool(own_addresses() & set(asyncio.run(members_hosts(group))))


if __name__ == "__main__":
    sys.exit(0 if healthy(command_line()) else 1)
