"""The command itself: what it offers, and how it says that something is wrong."""

from __future__ import annotations

from flowhook.cli import COMMANDS, load_command
from flowhook.version import __version__

PLUGIN = '''"""Brings a command."""
import click
from flowhook import hookimpl

@click.command("greet")
def greet():
    """Says hello."""
    click.echo("hello from a plugin")

@hookimpl
def register_commands():
    return greet
'''


def test_every_command_is_listed_with_its_first_sentence(empty, run):
    """The help names every command, without importing it, and says what the command says of itself."""
    said = run("--help").output
    for name, told in COMMANDS.items():
        assert f"\n  {name} " in said
        assert told in said
        command = load_command(name)
        assert command is not None
        assert command.get_short_help_str(200).rstrip(".") == told.rstrip(".")


def test_every_command_has_a_help_of_its_own(empty, run):
    """Each command explains itself."""
    for name in COMMANDS:
        assert run(name, "--help").output.startswith(f"Usage: flowhook {name} ")


def test_a_command_that_there_is_not_is_refused(empty, run):
    """Not passed over in silence."""
    assert "No such command" in run("later", code=2).output


def test_the_version_is_told(run):
    """--version prints name and version."""
    assert run("--version").output == f"flowhook {__version__}\n"


def test_a_plugin_brings_a_command(shop, run):
    """What register_commands answers is listed and can be called."""
    (shop.root / "plugins").mkdir()
    (shop.root / "plugins" / "greeter.py").write_text(PLUGIN)
    assert "Says hello." in run("--help").output
    assert run("greet").output == "hello from a plugin\n"


def test_a_plugin_does_not_replace_a_builtin_command(shop, run):
    """Our own names come first."""
    (shop.root / "plugins").mkdir()
    (shop.root / "plugins" / "greeter.py").write_text(PLUGIN.replace('"greet"', '"check"'))
    assert "no problems" in run("check").output


def test_a_broken_plugin_keeps_help_and_other_commands_usable(shop, run):
    """Help says what is wrong and goes on."""
    (shop.root / "plugins").mkdir()
    (shop.root / "plugins" / "broken.py").write_text("import nothing_of_the_kind\n")
    said = run("--help").output
    assert "the commands of plugins are missing here" in said
    assert "\n  serve " in said
    failed = run("greet", code=2).output
    assert "plugins/broken.py:1:1: error[plugin-import]" in failed
    assert "Traceback" not in failed


def test_a_missing_configuration_is_one_sentence(empty, run):
    """Wrong use exits with 2 and without a traceback."""
    result = run("sessions", "list", code=2)
    assert result.output == "Error: there is no config.yaml here; name another with --config\n"


def test_a_wrong_configuration_is_told_with_line_and_caret(shop, run):
    """Every command that needs the configuration tells all of its problems."""
    shop.edit("flow: order", "flwo: order")
    said = run("endpoints", code=2).output
    assert "config.yaml:7:5: error[unknown-key]" in said
    assert 'did you mean "flow"?' in said
    assert "    ^~~~" in said


def test_config_stands_before_or_after_the_command(shop, run, monkeypatch, tmp_path_factory):
    """Both places are understood, from any directory."""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    run("--config", str(shop.config), "check")
    run("check", "--config", str(shop.config))


def test_help_knows_the_plugins_of_the_named_project(shop, run, monkeypatch, tmp_path_factory):
    """--config before --help counts."""
    (shop.root / "plugins").mkdir()
    (shop.root / "plugins" / "greeter.py").write_text(PLUGIN)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert "greet" in run("--config", str(shop.config), "--help").output
    assert run("--config", str(shop.config), "greet").output == "hello from a plugin\n"


def test_colour_is_for_terminals_only(shop, run):
    """A pipe gets plain text; NO_COLOR is honoured where there would be colour."""
    shop.edit("flow: order", "flow: oder")
    assert "\x1b[" not in run("check", code=1).output
    assert "\x1b[" in run("check", code=1, color=True).output
    assert "\x1b[" not in run("check", code=1, color=True, env={"NO_COLOR": "1"}).output
