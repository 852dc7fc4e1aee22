"""``flowhook schema``: JSON Schema of flow files and of config.yaml, for editors."""

from __future__ import annotations

from typing import Any

import click

from flowhook.cli.console import print_json
from flowhook.cli.project import Project, with_project


@click.command("schema")
@click.option("--config-schema", is_flag=True, help="The schema of config.yaml instead.")
@with_project
def command(project: Project, config_schema: bool) -> None:
    """Print the JSON Schema of flow files, for editors.

    An editor that has it completes and checks flows while they are written. In a project it
    knows the nodes of the plugins that are used there. For an editor with the YAML language server,
    write the schema to a file and name it in the first line of a flow:

    \b
      # yaml-language-server: $schema=../flow.schema.json
    """
    print_json(_config_schema() if config_schema else _flow_schema(project))


def _config_schema() -> dict[str, Any]:
    from flowhook.config import Config

    return Config.model_json_schema()


def _flow_schema(project: Project) -> dict[str, Any]:
    from flowhook.cli.loading import builtin_types, open_hooks
    from flowhook.flowfiles.schema import json_schema

    if not project.exists:
        return json_schema(builtin_types())
    with open_hooks(project.load()) as hooks:
        return json_schema(hooks.types)
