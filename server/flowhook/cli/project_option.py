"""Which project a command works on, and how it says so: ``--config``, before or after the command."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click

from flowhook.errors import ConfigError

if TYPE_CHECKING:
    from flowhook.config import Config

P = ParamSpec("P")
R = TypeVar("R")

CONFIG_HELP = "The project's configuration.  [default: config.yaml]"


@dataclass(slots=True)
class ProjectPath:
    """A configuration file, read when a command needs it."""

    path: Path = Path("config.yaml")

    @property
    def exists(self) -> bool:
        """Whether there is such a file."""
        return self.path.is_file()

    def load(self) -> Config:
        """The configuration. Raises ConfigError with every problem of it."""
        from flowhook.config import load_config

        if not self.exists:
            raise ConfigError(f"there is no {self.path} here; name another with --config")
        return load_config(self.path, os.environ)


def with_project(command: Callable[Concatenate[ProjectPath, P], R]) -> Callable[P, R]:
    """Hand the :class:`Project` to a command, and let ``--config`` stand after it too."""
    option = click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help=CONFIG_HELP,
        expose_value=False,
        callback=_remember,
    )
    return option(click.make_pass_decorator(ProjectPath, ensure=True)(command))


def _remember(context: click.Context, _option: click.Parameter, path: Path | None) -> Any:
    if path is not None:
        context.ensure_object(ProjectPath).path = path
