"""``flowhook new``: a project, a flow or a plugin to start from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath

import click

from flowhook.cli.console import OK, dim, good, say
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowhookError
from flowhook.flowfiles.compile.compiler import FLOW_NAME

PLACEHOLDER = re.compile("example", re.IGNORECASE)  #: stands for the name, in files and in their names
PLUGIN_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}\Z")
SETTINGS = "plugins.settings."  #: before the name of a plugin as the configuration knows it
ENDING = ".start"  #: of files that our own tools must not take for ours; dropped from their names


@click.group("new")
def command() -> None:
    """Begin a project, a flow or a plugin.

    What is made is small and works, with a test that passes.
    """


@command.command("project")
@click.argument("name")
def project_command(name: str) -> None:
    """Make a directory NAME with a configuration, a flow and its test."""
    directory = Path(name)
    word = _flow_name(directory.name)
    if directory.exists() and any(directory.iterdir()):
        raise FlowhookError(f"{directory} is there already, and not empty")
    _write("project", word, directory)
    _then(f"cd {directory}", f"flowhook chat {word}", "flowhook test --coverage")


@command.command("flow")
@click.argument("name")
@with_project
def flow_command(project: ProjectPath, name: str) -> None:
    """Make a flow NAME and its test, in the project's directory of flows."""
    _flow_name(name)
    flows = project.load().flows_dir if project.exists else project.path.parent / "flows"
    _write("flow", name, flows, without="flows")
    _then(f"flowhook chat {name}", f"flowhook test {_seen(flows / f'{name}.test.yaml')}")


@command.command("plugin")
@click.argument("name")
@with_project
def plugin_command(project: ProjectPath, name: str) -> None:
    """Make a plugin NAME with a node and a filter, and a test for pytest."""
    if not PLUGIN_NAME.match(name):
        raise FlowhookError(
            f'"{name}" is no name of a plugin: lower-case letters, digits, _ and -, a letter first'
        )
    word = name.replace("-", "_")  # in Python and in flows
    _write("plugin", name, project.path.parent, word=word)
    _then(f"python -m pytest {_seen(project.path.parent / 'tests' / f'test_{word}.py')}", "flowhook plugins")


def _flow_name(name: str) -> str:
    if not FLOW_NAME.match(name):
        raise FlowhookError(f'"{name}" is no name of a flow: lower-case letters, digits, _ and -')
    return name


def _write(start: str, name: str, directory: Path, *, without: str = "", word: str | None = None) -> None:
    """Write the files of a start. Raises FlowhookError, with nothing written, when one is there.

    ``word`` stands for the name where Python or a flow reads it: in texts and in names of tests.
    """
    root = files("flowhook").joinpath("starts", start)
    word = word or name
    new: dict[Path, str] = {}
    for path, text in _texts(root):
        called = name if path.parts[0] == "plugins" else word
        new[directory / _named(path, called, without)] = _filled(text, name, word)
    there = next((path for path in new if path.exists()), None)
    if there is not None:
        raise FlowhookError(f"{_seen(there)} is there already")
    for path, text in new.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        say(f"{good(OK)} {_seen(path)}")


def _texts(folder: Traversable, above: tuple[str, ...] = ()) -> Iterator[tuple[PurePath, str]]:
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        names = (*above, item.name.removesuffix(ENDING))
        if item.is_dir():
            yield from _texts(item, names)
        else:
            yield PurePath(*names), item.read_text("utf-8")


def _named(path: PurePath, name: str, without: str) -> PurePath:
    parts = [PLACEHOLDER.sub(name, part) for part in path.parts]
    return PurePath(*(parts[1:] if without and parts[0] == without else parts))


def _filled(text: str, name: str, word: str) -> str:
    """A text of a start, with the name in the place of the word that stands for it."""
    parts = text.split(SETTINGS)
    filled = [PLACEHOLDER.sub(lambda found: _like(found[0], word), part) for part in parts]
    return f"{SETTINGS}{name}".join([filled[0], *(part.removeprefix(word) for part in filled[1:])])


def _like(found: str, name: str) -> str:
    """The name in the shape of the word that it replaces: Example → CrmLookup, EXAMPLE → CRM_LOOKUP."""
    if found.isupper():
        return re.sub(r"\W", "_", name).upper()
    if found[0].isupper():
        return "".join(part.capitalize() for part in re.split(r"[^a-z0-9]+", name))
    return name


def _seen(path: Path) -> str:
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return str(path)


def _then(*commands: str) -> None:
    say(dim("then: " + "  |  ".join(commands)))
