"""How commands reach a running instance: its note in the data folder, else CDI_QUERY_URL and CDI_QUERY_TOKEN."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx
import typer

from cli.instance import data_folder, running

Role = Literal["operator", "coder", "compliance"]
UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True)
class Target:
    """Where to call, and as whom."""

    url: str
    token: str


class Unreachable(Exception):
    """No instance was found, or it does not answer. The text says what to do."""


class Refused(Exception):
    """The API said no; the text is its title and detail."""


class Misfit(Refused):
    """The API does not understand what was given; the text names field and expectation."""


def target(role: Role) -> Target:
    """Return the instance to call in a role of the operator. Raises `Unreachable`."""
    url, token = os.environ.get("CDI_QUERY_URL"), os.environ.get("CDI_QUERY_TOKEN")
    if url and token:
        return Target(url.rstrip("/"), token)
    note = running()
    if note is None:
        raise Unreachable(
            f"nothing runs on {data_folder()}; start it with `cdi-query up`,"
            " or set CDI_QUERY_URL and CDI_QUERY_TOKEN to reach another installation"
        )
    tokens = {"operator": note.operator_token, "coder": note.coder_token, "compliance": note.compliance_token}
    return Target(note.url, tokens[role])


def call(role: Role, method: str, path: str, body: Any = None) -> Any:
    """Call the API once and return its JSON. Raises `Unreachable` or `Refused`."""
    place = target(role)
    try:
        response = httpx.request(
            method, place.url + path, json=body, headers={"Authorization": f"Bearer {place.token}"}, timeout=30
        )
    except httpx.HTTPError as error:
        raise Unreachable(f"{place.url} does not answer ({type(error).__name__})") from None
    if response.is_error:
        raise (Misfit if response.status_code == UNPROCESSABLE else Refused)(_reason(response))
    return response.json()


def _reason(response: httpx.Response) -> str:
    try:
        body = response.json()
        errors = [f"{item['field'].removeprefix('path.')}: {item['message']}" for item in body.get("errors", [])]
        return "; ".join(errors) or f"{body['title']}: {body['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"the API answered {response.status_code}"


@contextmanager
def told(command: str) -> Iterator[None]:
    """Turn failures into one helpful line on stderr and an exit code: 2 wrong input, 3 unreachable, 4 refused."""
    try:
        yield
    except Unreachable as error:
        typer.echo(f"{command}: {error}", err=True)
        raise typer.Exit(3) from None
    except Refused as error:
        typer.echo(f"{command}: {error}", err=True)
        raise typer.Exit(2 if isinstance(error, Misfit) else 4) from None
