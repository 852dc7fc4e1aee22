"""The group of all commands: built-in ones and those of plugins, with errors as sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import click

from flowhook.cli.console import show_error, warn
from flowhook.cli.project_option import ProjectPath
from flowhook.errors import FlowhookError

WRONG_USE = 2


class FlowhookGroup(click.Group):
    """Imports a command when it is called. A name it does not know may be a plugin's command."""

    def __init__(
        self,
        *args: Any,
        builtin: Mapping[str, str] = MappingProxyType({}),
        load: Callable[[str], click.Command | None] = lambda name: None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._builtin = builtin  #: name → what it does
        self._load = load

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Ours in their order, then those of plugins."""
        try:
            return [*self._builtin, *sorted(self._of_plugins(ctx))]
        except FlowhookError as error:
            warn(f"the commands of plugins are missing here: {error}")
            return list(self._builtin)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, told without importing ours."""
        rows = []
        for name in self.list_commands(ctx):
            told = self._builtin.get(name)
            if told is None and (command := self.get_command(ctx, name)) is not None and not command.hidden:
                told = command.get_short_help_str()
            if told is not None:
                rows.append((name, told))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, if anybody has it."""
        command = self._load(cmd_name)
        if command is not None or cmd_name.startswith("-"):
            return command
        try:
            return self._of_plugins(ctx).get(cmd_name)
        except FlowhookError as error:
            show_error(error)
            raise click.exceptions.Exit(WRONG_USE) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. What flowhook raises on purpose is told in one sentence, and so is a file or
        directory that cannot be read or written."""
        try:
            return super().invoke(ctx)
        except FlowhookError as error:
            show_error(error)
            raise click.exceptions.Exit(WRONG_USE) from error
        except OSError as error:
            if error.filename is None:
                raise
            show_error(FlowhookError(f"{error.filename}: {error.strerror}"))
            raise click.exceptions.Exit(WRONG_USE) from error

    def _of_plugins(self, ctx: click.Context) -> Mapping[str, click.Command]:
        project = ctx.find_object(ProjectPath) or _named_on_the_line(ctx)
        if not project.exists:
            return {}
        from flowhook.cli.loading import plugin_commands

        return plugin_commands(project.load())


def _named_on_the_line(ctx: click.Context) -> ProjectPath:
    """The project of ``--config``, where help is asked for before the group's callback ran."""
    path = ctx.params.get("config_path")
    return ProjectPath() if path is None else ProjectPath(path)
