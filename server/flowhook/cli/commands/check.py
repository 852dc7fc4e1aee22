"""``flowhook check``: every problem of flows, configuration and plugins at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import click

from flowhook.cli.console import (
    dim,
    from_here,
    print_document,
    say,
    seen_from_here,
    show_diff,
    sources_of,
    working,
)
from flowhook.cli.loading import builtin_types, open_hooks
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.config import Config, config_from_mapping, read_config
from flowhook.engine.flow import Flow, Library
from flowhook.errors import FlowhookError
from flowhook.file_replacing import replace_file
from flowhook.flowfiles.library import LoadedLibrary, load_library
from flowhook.flowtest.files.parser import is_test_file, read_tests, test_files
from flowhook.flowtest.files.rules import check as names_in
from flowhook.hooks.facade import Hooks
from flowhook.hooks.loading.loader import PluginLoadError
from flowhook.language_service.service import LanguageService
from flowhook.language_service.workspace import Workspace
from flowhook.problems.catalogue import UNKNOWN_NODE_TYPE
from flowhook.problems.pages import problem_page
from flowhook.problems.problem import Problem, has_errors, sort_problems
from flowhook.problems.render import render_github, render_json, render_sarif, render_text, summary
from flowhook.runtime.project.blocked_addresses import blocked_addresses, blocked_calls
from flowhook.runtime.project.project import load_flows

FORMATS: dict[str, Callable[[list[Problem]], str]] = {
    "json": render_json,
    "sarif": render_sarif,
    "github": render_github,
}
ROUNDS = 5  #: in which fixes are looked for in one file
EXPLAINED = 3  #: codes whose explanation is offered
PATHS = click.Path(path_type=Path, exists=True)


@dataclass(slots=True)
class Checked:
    """What was found, in how many files."""

    problems: list[Problem] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    flows: dict[str, Flow] = field(default_factory=dict)
    sound: bool = True  #: all flows could be read

    def take(self, loaded: LoadedLibrary, *, without_plugins: bool = False) -> None:
        """Add what a library came to. What plugins that could not be loaded may bring is nobody's fault."""
        self.files.update(loaded.files)
        self.flows.update(loaded.library.flows)
        self.sound = self.sound and loaded.good
        self.problems += [
            problem for problem in loaded.problems if not (without_plugins and _is_of_plugins(problem))
        ]


def _is_of_plugins(problem: Problem) -> bool:
    """Whether a plugin may bring what is said not to be there: a node, a type of question, a filter."""
    return problem.code == UNKNOWN_NODE_TYPE or problem.unregistered


@click.command("check")
@click.argument("paths", nargs=-1, type=PATHS)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", *FORMATS]),
    default="text",
    show_default=True,
    help="How to tell: to people, to programs, to code scanning, to GitHub Actions.",
)
@click.option("--fix", "fixing", is_flag=True, help="Make the safe fixes first, and show what changed.")
@click.option("--dry-run", is_flag=True, help="With --fix: show what would change, and change nothing.")
@with_project
@click.pass_context
def command(
    context: click.Context,
    project: ProjectPath,
    paths: tuple[Path, ...],
    form: str,
    fixing: bool,
    dry_run: bool,
) -> None:
    """Tell every problem of the project at once.

    That is: of config.yaml, the plugins and the flows. With PATHS (flow files or directories of
    them) only the problems of these are told; they are still checked against the project that
    they belong to. Exits with 1 when there is an error; warnings alone are fine.

    --fix makes the edits that can hardly be meant otherwise: the one likely spelling of a name that nobody
    has, an id for a node that needs one, a template with one brace. Everything else in a file stays as it
    is, byte for byte.
    """
    if dry_run and not fixing:
        raise click.UsageError("--dry-run says what --fix would do: write both.")
    if fixing:
        fix(project, paths, dry_run=dry_run, quiet=form != "text")
    with working("checking"):
        checked = check(project, paths)
    problems = checked.problems
    if form == "text":
        click.echo(render_text(problems, sources_of(problems), True), nl=False)
        _offer_explanations(problems)
        say(summary(problems, len(checked.files)))
    else:
        print_document(FORMATS[form](problems))
    if has_errors(problems):
        context.exit(1)


def fix(project: ProjectPath, paths: Iterable[Path], *, dry_run: bool, quiet: bool) -> None:
    """Make the safe fixes in the files of a project, or in those at ``paths``, and show them."""
    workspace = Workspace(project.path)
    service = LanguageService(workspace)
    wanted = [path.resolve() for path in paths]
    made = files = 0
    try:
        for path in list(service.diagnose()):
            if wanted and not any(path == place or path.is_relative_to(place) for place in wanted):
                continue
            before = workspace.text(path)
            fixes = _fix_file(service, path)
            after = workspace.text(path)
            if after == before:
                continue
            made, files = made + fixes, files + 1
            if not quiet:
                show_diff(before, after, seen_from_here(str(path), project))
            if not dry_run:
                replace_file(path, after)
    finally:
        workspace.close()
    if not quiet:
        would = "would be made" if dry_run else "made"
        say(
            f"{made} {'fix' if made == 1 else 'fixes'} {would} in {files} {'file' if files == 1 else 'files'}"
        )


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _fix_file(service: LanguageService, path: Path) -> int:
    """Make the fixes of one file, in rounds: one may bring another to light."""
    made = 0
    for _ in range(ROUNDS):
        text, fixes = service.fixed(path)
        if not fixes:
            break
        service.workspace.update(path, text)
        made += len(fixes)
    return made


def _offer_explanations(problems: list[Problem]) -> None:
    """How to learn more, for the first few codes that were told; errors first."""
    ordered = sorted(sort_problems(problems), key=lambda problem: problem.severity)
    told = [code for code in dict.fromkeys(problem.code for problem in ordered) if problem_page(code)]
    if told:
        say(dim(f"more: {'  |  '.join(f'flowhook explain {code}' for code in told[:EXPLAINED])}"))


def check(project: ProjectPath, paths: Iterable[Path] = ()) -> Checked:
    """Check a project, or some of its flows. Raises FlowhookError when there is nothing to check."""
    wanted = [path.resolve() for path in paths]
    if not project.exists and not wanted:
        raise FlowhookError(f"there is no {project.path} here; name another with --config, or flows to check")
    checked = Checked()
    config = _config(project, checked) if project.exists else None
    known = [config.flows_dir.resolve()] if config is not None else []
    with ExitStack() as opened:
        hooks = _plugins(config, checked, opened)
        if config is not None and hooks is not None:
            loaded = load_flows(config, hooks)
            checked.take(loaded)
            checked.problems += blocked_calls(config, loaded.files.values())
        for directory in _elsewhere(wanted, known if hooks is not None else []):
            checked.take(_library(directory, config, hooks))
        if hooks is None and not wanted:
            flows = config.flows_dir if config is not None else project.path.parent / "flows"
            checked.take(_library(flows, config, None), without_plugins=True)
        _tests(checked, config, wanted or known)
    checked.problems = from_here(checked.problems)
    return _only(checked, wanted) if wanted else checked


def _config(project: ProjectPath, checked: Checked) -> Config | None:
    checked.files.add(str(project.path.resolve()))
    config, problems = read_config(project.path, os.environ)
    checked.problems += problems
    checked.problems += blocked_addresses(config) if config is not None else ()
    return config


def _plugins(config: Config | None, checked: Checked, opened: ExitStack) -> Hooks | None:
    """The plugins; None without a configuration, or when they cannot be loaded."""
    if config is None:
        return None
    try:
        return opened.enter_context(open_hooks(config))
    except PluginLoadError as error:
        checked.problems += error.problems
        return None


def _tests(checked: Checked, config: Config | None, paths: list[Path]) -> None:
    """The test files beside the flows: how they are written, and what they name."""
    library = Library(checked.flows)
    for path in test_files(path for path in paths if path.is_dir() or is_test_file(path.name)):
        name = os.path.realpath(path)
        file, problems = read_tests(path, name)
        checked.files.add(name)
        checked.problems += problems
        if file is not None and checked.sound:
            checked.problems += names_in(file, library, config or config_from_mapping({}, path.parent))


def _elsewhere(wanted: list[Path], known: list[Path]) -> list[Path]:
    """The directories of wanted paths that are not loaded yet."""
    directories: list[Path] = []
    for path in wanted:
        directory = path if path.is_dir() else path.parent
        if not any(directory.is_relative_to(path) for path in (*known, *directories)):
            directories.append(directory)
    return directories


def _library(directory: Path, config: Config | None, hooks: Hooks | None) -> LoadedLibrary:
    return load_library(
        directory,
        hooks.types if hooks is not None else builtin_types(),
        filters=hooks.filters() if hooks is not None else None,
        vars=config.vars if config is not None else None,
        connections=config.connections if config is not None else None,
    )


def _only(checked: Checked, wanted: list[Path]) -> Checked:
    """What concerns the wanted files and directories."""

    def concerns(file: str) -> bool:
        path = Path(os.path.realpath(file))
        return any(path == folder or path.is_relative_to(folder) for folder in wanted)

    problems = [problem for problem in checked.problems if concerns(problem.file)]
    return Checked(problems, {file for file in checked.files if concerns(file)})
