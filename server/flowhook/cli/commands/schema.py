"""``flowhook schema``: JSON Schema of flow files and of config.yaml, for editors."""

from __future__ import annotations

import click

from flowhook.cli.console import print_json
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.model.inbound import JsonObject


@click.command("schema")
@click.option("--config-schema", "of_config", is_flag=True, help="The schema of config.yaml instead.")
@click.option("--test-schema", "of_tests", is_flag=True, help="The schema of *.test.yaml instead.")
@with_project
def command(project: ProjectPath, of_config: bool, of_tests: bool) -> None:
    """Print the JSON Schema of flow files, for editors.

    An editor that has it completes and checks flows while they are written. In a project it
    knows the nodes of the plugins that are used there. For an editor with the YAML language server,
    write the schema to a file and name it in the first line of a flow:

    \b
      # yaml-language-server: $schema=../flow.schema.json
    """
    if of_config and of_tests:
        raise click.UsageError("One schema at a time.")
    if of_tests:
        from flowhook.flowtest.files.json_schema import test_schema

        print_json(test_schema())
        return
    if of_config:
        from flowhook.config.json_schema import config_schema

        print_json(config_schema())
        return
    print_json(_flow_schema(project))


def _flow_schema(project: ProjectPath) -> JsonObject:
    from flowhook.cli.loading import builtin_types, open_hooks
    from flowhook.flowfiles.json_schema import json_schema

    if not project.exists:
        return json_schema(builtin_types())
    with open_hooks(project.load()) as hooks:
        return json_schema(hooks.types)
