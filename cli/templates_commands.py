"""`cdi-query templates`: look at the template library, write a template, check it, adopt it. Nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import RenderableType
from rich.text import Text

from cli.compose import read_gap, request_for
from cli.moments import BadInput, opened, read_moment, read_zone
from cli.screen import quiet_when_nobody_reads, screen, show
from cli.templates.catalogue import Catalogue, catalogue
from cli.templates.listing import Wanted, as_json, listed
from cli.templates.previewing import previewed
from cli.templates.showing import shown
from cli.templates.words import short
from evidence.faults import LibraryError
from schemas.queries import QueryIssued
from schemas.requests import QueryRequested
from schemas.vocabulary import Category, Setting
from services.query_builder.composer import answer
from services.query_builder.examples import examples_of, request_of
from services.query_builder.settings import BuilderSettings
from services.query_builder.template import Template

templates_app = typer.Typer(
    help="The template library: what can be asked, written, checked and adopted by your hospital.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Folders = Annotated[
    list[Path] | None,
    typer.Option("--templates", help="A template folder of your own, over the shipped one. Default: as the service."),
]


@templates_app.command("list")
def list_(
    category: Annotated[Category | None, typer.Option(help="Only templates for this kind of gap.")] = None,
    setting: Annotated[Setting | None, typer.Option(help="Only templates for this setting.")] = None,
    scenario: Annotated[str | None, typer.Option(help="Only templates that cover this scenario, such as Q15.")] = None,
    problems: Annotated[
        bool, typer.Option("--problems", help="Only templates that are not in use, or whose review is due soon.")
    ] = False,
    as_lines: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
    templates: Folders = None,
) -> None:
    """List the templates by specialty: status, review date, scenarios; and why one is not in use.

    Example: cdi-query templates list --category missing_diagnosis

    Example: cdi-query templates list --problems --templates our-templates

    Exit code 0, and with --problems 1 where there are any.
    """
    wanted = Wanted(category, setting, scenario, problems)
    found = [one for one in _catalogue(templates).standings if wanted.takes(one)]
    if as_lines:
        for one in found:
            typer.echo(json.dumps(as_json(one)))
    else:
        _print(listed(found))
    if problems and found:
        raise typer.Exit(1)


@templates_app.command("show")
def show_(
    template_id: Annotated[str, typer.Argument(metavar="ID", help="The template's id, as `list` shows it.")],
    templates: Folders = None,
) -> None:
    """Show one template in words: when it asks, what, which answers it offers on what evidence, who approved it.

    Example: cdi-query templates show sodium-low
    """
    found = _catalogue(templates, template_id)
    template = _template(found, template_id)
    _print(shown(template, found))


@templates_app.command("preview")
def preview(
    template_id: Annotated[str, typer.Argument(metavar="ID", help="The template's id, as `list` shows it.")],
    gap: Annotated[str | None, typer.Option(help="A file with one gap: its JSON, or its event; - reads stdin.")] = None,
    example: Annotated[
        str | None, typer.Option(help="A golden example of the template, by name or part of it. Default: the first.")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="With --gap: the moment it is asked for. Default: now.")] = None,
    zone: Annotated[str, typer.Option(help="With --gap: the facility's time zone.")] = "UTC",
    templates: Folders = None,
) -> None:
    """Show the exact text that a provider would see, what the check says, and why other answers are not offered.

    Example: cdi-query templates preview sodium-low

    Example: cdi-query templates preview sodium-low --example "numbers alone"

    Example: cdi-query templates preview sodium-low --gap gap.json

    Exit code 0: it would be issued. 1: it would be held. 2: there is nothing to show.
    """
    found = _catalogue(templates, template_id)
    template = _template(found, template_id)
    with _told():
        if gap is None:
            name, request = _of_example(template, example)
            _print([Text(f"example: {name}", style="dim"), Text("")])
        else:
            request = _of_gap(template, gap, read_moment(as_of), read_zone(zone).key)
        result = answer(request, found.library, found.knowledge)
        console = screen()
        _print(previewed(request, result, template, found.library, console.width))
    raise typer.Exit(0 if isinstance(result, QueryIssued) else 1)


def _of_example(template: Template, wanted: str | None) -> tuple[str, QueryRequested]:
    examples = examples_of(template)
    names = ", ".join(f'"{one.name}"' for one in examples)
    chosen = [one for one in examples if wanted is None or wanted.casefold() in one.name.casefold()]
    if not chosen:
        _fail(f"no example of {template.id} is called {wanted}; there are {names}")
    return chosen[0].name, _asked_of(template, request_of(chosen[0], template.id))


def _of_gap(template: Template, file: str, as_of: datetime, zone: str) -> QueryRequested:
    with opened(file, "templates") as lines:
        text = lines.read()
    return _asked_of(template, request_for(read_gap(text, 1), as_of, zone))


def _asked_of(template: Template, request: QueryRequested) -> QueryRequested:
    """The same request with this template named, so that no other one answers."""
    return request.model_copy(update={"basis": request.basis.model_copy(update={"template_id": template.id})})


def _catalogue(folders: list[Path] | None, *only: str) -> Catalogue:
    settings = BuilderSettings()
    with _told():
        return catalogue(settings.folders if folders is None else folders, settings, _today(), only or None)


def _template(found: Catalogue, template_id: str) -> Template:
    """Return a template that can be read; else say what is the matter, and end with exit code 2."""
    standing = found.standing(template_id)
    if standing is None:
        near = get_close_matches(template_id, [one.id for one in found.standings])
        _fail(f"no template is called {template_id}{'; there is ' + ', '.join(near) if near else ''}")
    if standing.template is None:
        _fail(f"{short(standing.path)}: {standing.why}; `cdi-query templates lint {short(standing.path)}` says more")
    return standing.template


def _today() -> date:
    return datetime.now(UTC).date()


def _print(parts: Iterable[RenderableType]) -> None:
    with quiet_when_nobody_reads():
        show(screen(), *parts)


@contextmanager
def _told() -> Iterator[None]:
    """A folder that cannot be used ends the command with one line and exit code 2."""
    try:
        yield
    except (BadInput, LibraryError, OSError) as error:
        _fail(str(error))


def _fail(text: str) -> NoReturn:
    typer.echo(f"templates: {text}", err=True)
    raise typer.Exit(2)
