"""`cdi-query templates`: look at the template library, write a template, check it, adopt it. Nothing is sent."""

from __future__ import annotations

import json
import re
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
from cli.templates.adopting import Approval, adopt
from cli.templates.catalogue import Catalogue, catalogue, everything
from cli.templates.linting import NothingToLint, faults_below, told
from cli.templates.listing import Wanted, as_json, listed
from cli.templates.previewing import previewed
from cli.templates.scaffold import AlreadyThere, write_new
from cli.templates.showing import shown
from cli.templates.words import short
from compliance import Knowledge
from evidence.faults import LibraryError
from schemas.queries import QueryIssued
from schemas.requests import QueryRequested
from schemas.vocabulary import Category, Setting
from services.query_builder.composer import answer
from services.query_builder.examples import examples_file, examples_of, request_of
from services.query_builder.library import Library
from services.query_builder.lint import lint as lint_file
from services.query_builder.settings import BuilderSettings
from services.query_builder.template import Template

templates_app = typer.Typer(
    help="The template library: what can be asked, written, checked and adopted by your hospital.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

FOLDERS_SETTING = "CDI_QUERY_TEMPLATE_FOLDERS"

Folders = Annotated[
    list[Path] | None,
    typer.Option("--templates", help="A template folder of your own, over the shipped one. Default: as the service."),
]

Folder = Annotated[
    Path | None, typer.Option(help="Your hospital's template folder. Default: the last one that the service uses.")
]


@templates_app.command("list", short_help="List the templates: status, review, scenarios.")
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


@templates_app.command("show", short_help="Show one template in words.")
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


@templates_app.command("preview", short_help="Show a query as its provider would see it.")
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


@templates_app.command("lint", short_help="Tell every fault of templates, and how to mend it.")
def lint(
    path: Annotated[
        Path | None, typer.Argument(help="A template's .md file, or a template folder. Default: your folders.")
    ] = None,
) -> None:
    """Look for everything that is wrong with templates and their examples, and say how to mend it.

    An error keeps a template out of use; a warning does not.

    Example: cdi-query templates lint our-templates

    Example: cdi-query templates lint our-templates/queries/renal/potassium-high.md

    Exit code 0: no errors. 1: at least one. 2: there is nothing to look at.
    """
    settings = BuilderSettings()
    paths = [path] if path is not None else settings.folders
    if not paths:
        _fail(f"name a file or a folder, or set {FOLDERS_SETTING} to your template folder")
    with _told():
        looked = [faults_below(one, settings, _today()) for one in paths]
    faults = [fault for _, found in looked for fault in found]
    _print(told(sum(count for count, _ in looked), faults))
    raise typer.Exit(1 if any(fault.severity == "error" for fault in faults) else 0)


@templates_app.command("new", short_help="Begin a template to fill in.")
def new(
    template_id: Annotated[str, typer.Argument(metavar="ID", help="Lower-case words joined by hyphens.")],
    specialty: Annotated[str, typer.Option(help="The folder below queries/ to put it in, such as renal-metabolic.")],
    category: Annotated[Category, typer.Option(help="What kind of gap it asks about.")] = "missing_diagnosis",
    setting: Annotated[Setting, typer.Option(help="Where care was given.")] = "inpatient",
    folder: Folder = None,
) -> None:
    """Begin a template: write a file to fill in, with its golden examples, and list what is to be filled in.

    Example: cdi-query templates new vitamin-d-low --specialty nutrition --category significance --folder our-templates

    Exit code 0: written. 2: nothing was written; stderr says why.
    """
    for name in (template_id, specialty):
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
            _fail(f"{name}: write lower-case letters and digits, with hyphens between the words")
    home = _home(folder)
    with _told():
        path = write_new(home, specialty, template_id, category, setting, _today())
        count, faults = faults_below(path, BuilderSettings(), _today())
    _print([Text(f"written: {short(path)}"), Text(f"written: {short(examples_file(path))}"), Text("")])
    _print(told(count, faults))
    typer.echo(f"Fill these in, then: cdi-query templates lint {short(path)}")


@templates_app.command("adopt", short_help="Adopt templates for your hospital.")
def adopt_(
    template_ids: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="The templates to adopt.")] = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Adopt every template of the library.")] = False,
    coding: Annotated[str, typer.Option(metavar="NAME", help="Who approved it for coding.")],
    compliance: Annotated[str, typer.Option(metavar="NAME", help="Who approved it for compliance.")],
    clinical: Annotated[str, typer.Option(metavar="NAME", help="Who approved it for the medical staff.")],
    review_by: Annotated[
        datetime, typer.Option(metavar="DATE", formats=["%Y-%m-%d"], help="The day by which it is reviewed again.")
    ],
    on: Annotated[
        datetime | None, typer.Option(metavar="DATE", formats=["%Y-%m-%d"], help="When. Default: today.")
    ] = None,
    folder: Folder = None,
) -> None:
    """Adopt templates for your hospital: copy them to your folder with the names and dates of the approval.

    A template with an error is not adopted; the others are. Where CDI_QUERY_REQUIRE_ADOPTED is true, only adopted
    templates are used. Adopt again after each yearly review.

    Example: cdi-query templates adopt sodium-low creatinine-rise --coding "Ada Quill" --compliance "Bo Ledger"
    --clinical "Cy Stetho" --review-by 2027-09-30 --folder our-templates

    Exit code 0: all are adopted. 1: some were refused. 2: nothing was done; stderr says why.
    """
    day = on.date() if on is not None else _today()
    approval = Approval({"coding": coding, "compliance": compliance, "clinical": clinical}, day, review_by.date())
    _check_approval(approval)
    home, settings = _home(folder), BuilderSettings()
    home.mkdir(parents=True, exist_ok=True)
    with _told():
        library, knowledge = everything([*(one for one in settings.folders if one != home), home], settings)
        wanted = sorted(library.templates) if all_ else template_ids or []
        if not wanted:
            _fail("name the templates to adopt, or say --all")
        refused = [one for one in wanted if not _adopted(one, home, approval, library, knowledge)]
    if refused:
        typer.echo(f"templates: not adopted: {', '.join(refused)}", err=True)
        raise typer.Exit(1)


def _adopted(template_id: str, home: Path, approval: Approval, library: Library, knowledge: Knowledge) -> bool:
    """Adopt one template and say where it stands, or tell its faults."""
    template = library.templates.get(template_id)
    if template is None:
        refusal = library.refusal(template_id)
        typer.echo(f"templates: {refusal or f'no template is called {template_id}'}", err=True)
        return False
    # An overdue review is no reason to refuse: adopting is how it is reviewed.
    faults = [one for one in lint_file(template.path, library, knowledge, date.min) if one.severity == "error"]
    if faults:
        _print(told(1, faults))
        return False
    typer.echo(f"adopted: {short(adopt(template, home, approval, library.vocabulary))}")
    return True


def _check_approval(approval: Approval) -> None:
    for area, name in approval.names.items():
        if not name.strip():
            _fail(f"--{area}: name the person who approved it")
    if approval.on > _today():
        _fail("--on: this day has not come yet")
    if approval.review_by <= max(approval.on, _today()):
        _fail("--review-by: name a day to come, commonly a year after the approval")


def _home(folder: Path | None) -> Path:
    """Return the hospital's folder to write to: the named one, or the last of those that the service uses."""
    if folder is not None:
        return folder
    folders = BuilderSettings().folders
    if not folders:
        _fail(f"name your template folder with --folder, or set {FOLDERS_SETTING} to it")
    return folders[-1]


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
    except (BadInput, LibraryError, NothingToLint, AlreadyThere, OSError) as error:
        _fail(str(error))


def _fail(text: str) -> NoReturn:
    typer.echo(f"templates: {text}", err=True)
    raise typer.Exit(2)
