"""``flowhook packages``: flows with what they need, in one file that another project opens."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from flowhook.cli.console import bold, dim, good, json_option, print_json, say, show_diff, show_problems, warn
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowFileError, FlowhookError
from flowhook.terminal import escaped, one_line

if TYPE_CHECKING:
    from flowhook.config import Config
    from flowhook.versions.importing import ImportPlan, PlannedFile
    from flowhook.versions.package import Package

FILE = click.Path(path_type=Path, dir_okay=False)
OnConflict = Literal["ask", "keep", "replace"]
SIGNS = {"new": "+", "equal": "=", "differs": "≠"}


@click.group("packages")
def command() -> None:
    """Hand flows to another project, in one file.

    A package holds flows with all that they call, leave for and attach, their tests, and the names of the
    connections, vars and plugins that they need. Secrets and the code of plugins are not in it.
    """


@command.command("export")
@click.argument("file", type=FILE)
@click.option(
    "--flow", "flows", metavar="FLOW", multiple=True, help="This flow, and what it leads to; all otherwise."
)
@click.option("--json", "as_json", is_flag=True, help="Print what is in it as JSON.")
@with_project
def export(project: ProjectPath, file: Path, flows: tuple[str, ...], as_json: bool) -> None:
    """Write a package. The same flows make the same bytes."""
    from flowhook.cli.loading import open_hooks
    from flowhook.runtime.project.project import load_flows
    from flowhook.versions.exporting import make_package
    from flowhook.versions.package import write_package

    config = project.load()
    with open_hooks(config) as hooks:
        loaded = load_flows(config, hooks)
        if not loaded.good:
            raise FlowFileError("the flows have errors", loaded.problems)
        package, selection = make_package(config, loaded, hooks, flows)
    file.write_bytes(write_package(package))
    for flow in selection.computed:
        warn(f"the flow {flow} leaves for targets that are computed: what they need may be missing")
    if as_json:
        print_json(package.to_json())
        return
    say(f"{good(str(file))}: {_summary(package)}")
    for name, need in package.connections.items():
        if need.secrets:
            say(dim(f"  the connection {name} without its {', '.join(need.secrets)}"))


@command.command("show")
@click.argument("file", type=FILE)
@json_option
def show(file: Path, as_json: bool) -> None:
    """Show what is in a package, and that it is whole."""
    package = _read(file)
    if as_json:
        print_json(package.to_json())
        return
    say(f"{bold(str(file))}  {dim(package.manifest.hash)}  {dim(one_line(f'flowhook {package.made_by}'))}")
    manifest = package.manifest
    for what, paths in (("flow", manifest.flows), ("test", manifest.tests)):
        for path, hash in paths.items():
            say(f"  {what:<10} {one_line(path)}  {dim(hash[:12])}")
    for name in manifest.connections:
        need = package.connections.get(name)
        say(f"  connection {one_line(name)}  {dim(one_line(need.base_url) if need is not None else '')}")
    for name in package.vars:
        say(f"  var        {one_line(name)}")
    for name, plugin in manifest.plugins.items():
        say(f"  plugin     {one_line(name)}  {dim(one_line(str(plugin)))}")
    for name, settings in manifest.endpoints.items():
        say(f"  endpoint   {one_line(name)} → flow {one_line(settings['flow'])}")


@command.command("import")
@click.argument("file", type=FILE)
@click.option(
    "--on-conflict",
    type=click.Choice(["ask", "keep", "replace"]),
    default="ask",
    show_default=True,
    help="What becomes of files that differ.",
)
@click.option("--dry-run", is_flag=True, help="Show the plan and the differences, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@with_project
def import_package(
    project: ProjectPath, file: Path, on_conflict: OnConflict, dry_run: bool, as_json: bool
) -> None:
    """Take the flows of a package into this project.

    The plan comes first: what is new, equal, and differs. Nothing is written when the flows would have errors
    afterwards. Connections, vars, plugins and endpoints that are missing are named.
    """
    from flowhook.cli.loading import open_hooks
    from flowhook.flowfiles.library import load_library
    from flowhook.versions.importing import check_import, install, plan_import

    package = _read(file)
    config = project.load()
    with open_hooks(config) as hooks:
        loaded = load_library(config.flows_dir, hooks.types, filters=hooks.filters(), root=config.root)
        plan = plan_import(config, loaded, hooks, package)
        if as_json:
            print_json(plan.to_json())
        else:
            _show(plan)
        if dry_run:
            if not as_json:
                _show_differences(plan)
            return
        writes = plan.writes(_decider(plan, on_conflict))
        problems = check_import(config, loaded, hooks, writes)
        if any(problem.severity == "error" for problem in problems):
            show_problems(problems)
            raise FlowhookError("nothing was changed: the flows would have errors")
    install(config.flows_dir, writes)
    if writes:
        _note_in_audit(config, package, sorted(writes))
    if not as_json:
        say(
            f"{len(writes)} file{'' if len(writes) == 1 else 's'} written." if writes else "Nothing to write."
        )


def _note_in_audit(config: Config, package: Package, written: list[str]) -> None:
    """Let the audit know: that of the running server, or of the storage."""
    from flowhook.cli.admin_client import Admin, administer

    async def work(admin: Admin) -> None:
        body = {"package": package.manifest.hash, "written": written}
        await admin.post("/packages/installed", body)

    try:
        administer(config, work)
    except FlowhookError as error:
        warn(f"the audit has no row of this: {one_line(str(error))}")


def _read(file: Path) -> Package:
    from flowhook.versions.package import MAX_PACKAGE, PackageError, read_package

    try:
        with file.open("rb") as opened:
            return read_package(opened.read(MAX_PACKAGE + 1))
    except OSError as error:
        raise FlowhookError(f"{file}: {error.strerror}") from error
    except PackageError as error:
        raise FlowhookError(f"{file}: {error}") from error


def _decider(plan: ImportPlan, on_conflict: OnConflict) -> Callable[[PlannedFile], bool]:
    """Whether a file that differs is to be replaced. Asks before anything is written."""
    if on_conflict == "ask" and plan.of("differs") and not sys.stdin.isatty():
        raise FlowhookError("some files differ: say --on-conflict keep or replace")

    def replaces(file: PlannedFile) -> bool:
        if on_conflict != "ask":
            return on_conflict == "replace"
        _show_difference(file)
        return click.confirm(f"Replace {one_line(file.path)}?", default=False)

    return replaces


def _show(plan: ImportPlan) -> None:
    for file in plan.files:
        line = f"{SIGNS[file.state]} {one_line(file.path)}  {dim(file.state)}"
        say(dim(line) if file.state == "equal" else line)
    for need in plan.needs:
        warn(one_line(need))


def _show_differences(plan: ImportPlan) -> None:
    for file in plan.of("differs"):
        _show_difference(file)


def _show_difference(file: PlannedFile) -> None:
    """What a terminal would obey in a stranger's file is shown, not obeyed."""
    old, new = ("\n".join(map(escaped, (text or "").splitlines())) for text in (file.current, file.text))
    show_diff(old, new, one_line(file.path))


def _summary(package: Package) -> str:
    manifest = package.manifest
    kinds: list[tuple[str, Any]] = [
        ("flow", manifest.flows),
        ("test file", manifest.tests),
        ("connection", manifest.connections),
        ("plugin", manifest.plugins),
    ]
    counted = [f"{len(names)} {noun}{'' if len(names) == 1 else 's'}" for noun, names in kinds if names]
    return ", ".join(counted)
