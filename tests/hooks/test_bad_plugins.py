"""Plugins that cannot work: each is a problem with its file and line, before anything runs."""

from __future__ import annotations

import asyncio
import sys
from importlib.metadata import EntryPoint

import pytest

from flowhook.hooks.loading import discovery
from flowhook.hooks.loading.loader import PluginLoadError
from flowhook.problems.problem import Problem

NODE = """
class Odd(Node):
    key = "odd"
    {body}

@hookimpl
def register_nodes():
    return [Odd]
"""


def problem_of(bench, source: str, *use, **requirements) -> Problem:
    bench.write("bad.py", source)
    with pytest.raises(PluginLoadError) as failed:
        bench.load(*use, **requirements)
    [problem] = failed.value.problems
    return problem


@pytest.mark.parametrize(
    "error", ["KeyboardInterrupt", "GeneratorExit", "SystemExit(3)", "BaseException('panic')"]
)
@pytest.mark.parametrize(
    "source", ["raise {}", "@hookimpl\ndef register_nodes():\n    raise {}\n"], ids=["import", "register"]
)
async def test_whatever_is_raised_at_load_is_a_problem(bench, error, source):
    """As during a reload, in a thread: it rejects the load, and ends neither server nor connection."""
    bench.write("bad.py", source.format(error))
    with pytest.raises(PluginLoadError) as failed:
        await asyncio.to_thread(bench.load)
    [problem] = failed.value.problems
    assert error.partition("(")[0] in problem.message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("pass", "Odd needs a method `async def run(self, turn)`"),
        (
            "waits = True\n    async def run(self, turn): pass",
            "needs a method `async def resume(self, turn)`",
        ),
        ("def run(self, turn): pass", "Odd.run must be `async def`"),
        ("id: str\n    async def run(self, turn): pass", 'must not have a setting called "id"'),
        ("on_error: str\n    async def run(self, turn): pass", 'must not have a setting called "on_error"'),
        ("branches = ('ok',)\n    ok: str\n    async def run(self, turn): pass", 'a setting called "ok"'),
    ],
)
async def test_a_node_that_cannot_work_is_refused(bench, body, message):
    """At its class, not when a user comes to it."""
    problem = problem_of(bench, NODE.format(body=body))
    assert message in problem.message
    assert (problem.file.endswith("bad.py"), problem.line) == (True, 3)


@pytest.mark.parametrize(
    ("hook", "returned", "message"),
    [
        ("register_filters", "{'upper': str.upper}", 'the filter "upper" is built in'),
        ("register_filters", "{'shout': 3}", "is not a function"),
        ("register_ask_types", "{'date': str}", '"date" is built in'),
        ("register_routes", "42", "answered int, not a quart.Blueprint"),
        ("register_routes", "[None]", "answered NoneType, not a quart.Blueprint"),
        ("register_commands", "['x']", "is not a click command"),
        ("register_outputs", "[int]", "is not a subclass of OutputPlugin"),
        ("register_nlu", "[NluEngine]", "NluEngine needs a name"),
    ],
)
async def test_what_cannot_be_used_is_refused_where_it_is_registered(bench, hook, returned, message):
    """With the line of the class or function, else of the hook."""
    problem = problem_of(bench, f"@hookimpl\ndef {hook}():\n    return {returned}\n")
    assert f"plugin bad, hook {hook}" in problem.message
    assert message in problem.message
    assert problem.file.endswith(".py")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("class Settings:\n    url: str = ''\n", "class Settings must derive from flowhook.Settings"),
        (
            "from dataclasses import dataclass\n@dataclass\nclass Settings:\n    url: str = ''\n",
            "class Settings must derive from flowhook.Settings",
        ),
        (
            "class Settings(Settings):\n    url: str = Field(default_factory=lambda: {}['x'])\n",
            "its Settings cannot be read: KeyError: 'x'",
        ),
        ("class Settings(Settings):\n    url: 'Nowhere'\n", "its Settings cannot be read: "),
    ],
)
async def test_settings_that_fail_oddly_are_a_problem(bench, source, message):
    """Named with the plugin, and never a traceback; also when they would check nothing."""
    problem = problem_of(bench, source, "bad")
    assert problem.message.startswith("plugin bad: ")
    assert message in problem.message


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("@hookimpl\ndef transform_input(message, /):\n    pass\n", "it cannot have a / among them"),
        ("@hookimpl\nasync def transform_input():\n    yield {}\n", "it has a yield"),
        (
            "@hookimpl\ndef startup():\n    pass\n@hookimpl(specname='startup')\ndef other():\n    pass\n",
            "the plugin has another function for it",
        ),
    ],
)
async def test_a_hook_that_could_only_fail_is_refused(bench, source, message):
    """At load, not at each call."""
    problem = problem_of(bench, source)
    assert (problem.code, message in problem.message) == ("bad-hook", True)


async def test_a_file_and_a_package_of_one_name_are_a_problem(bench):
    """One of them would be ignored."""
    bench.write("twice.py", "")
    bench.write("twice/__init__.py", "")
    with pytest.raises(PluginLoadError, match='"twice" is a file and a package, too'):
        bench.load()


async def test_an_entry_point_names_something_with_hooks(bench, monkeypatch):
    """A text has none."""
    monkeypatch.setitem(sys.modules, "some_words", "words")
    points = [EntryPoint("far", "some_words", "flowhook")]
    monkeypatch.setattr(discovery, "entry_points", lambda group: points)
    with pytest.raises(PluginLoadError, match="names a str, not a module with hooks"):
        bench.load("far")


async def test_a_file_that_hides_a_shipped_plugin_is_named(bench):
    """The output is not missing: somebody's file stands before it."""
    bench.write("sms.py", "", shipped=True)
    bench.write("sms.py", "")
    with pytest.raises(
        PluginLoadError, match=r"registers the output \"sms\"; .*sms.py hides the shipped plugin"
    ):
        bench.load(output="sms")


async def test_slips_that_do_nothing_are_warnings(bench):
    """The server runs, and ``check`` and a reload say what looks wrong."""
    bench.write("a.py", "def transform_input(message):\n    return message\n")
    bench.write("b.py", "@hookimpl\ndef register_filters():\n    return {'shout': str.upper}\n")
    warnings = bench.load("b").warnings
    assert [(warning.code, warning.severity) for warning in warnings] == [
        ("unmarked-hook", "warning"),
        ("idle-use", "warning"),
    ]
    assert "transform_input has no @hookimpl" in warnings[0].message


async def test_a_key_that_looks_like_another_is_logged_once(bench, caplog):
    """``txt`` would be ignored without a word."""
    bench.write("slip.py", "@hookimpl\ndef transform_input():\n    return {'txt': 'hi', 'update': 1}\n")
    hooks = bench.hooks("slip")
    for _ in range(2):
        await hooks.transform("message", None, None, {"text": "hi"})
    [line] = [record for record in caplog.records if record.name == "flowhook.plugin.slip"]
    assert "'txt' of the message is ignored; did you mean \"text\"?" in line.getMessage()


ENGINES = {
    "nlu": ("NluEngine", "async def understand(self, text, language): return None"),
    "outputs": ("OutputPlugin", "async def deliver(self, delivery, sender): return None"),
    "handover": ("HandoverProvider", "async def send(self, message, http): return None"),
    "translators": ("Translator", "async def translate(self, texts, target): return []"),
}


def engine(kind: str, body: str) -> str:
    base = ENGINES[kind][0]
    hook = f"@hookimpl\ndef register_{kind}():\n    return [Odd]\n"
    return f'class Odd({base}):\n    name = "odd"\n    {body}\n\n{hook}'


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        *((kind, "pass", "Odd needs a method `async def ") for kind in ENGINES),
        (
            "nlu",
            "async def understand(self, txt): pass",
            'Odd.understand is given no argument "txt"; did you mean "text"',
        ),
        (
            "outputs",
            "async def deliver(self, delivery, client): pass",
            'no argument "client"; there are delivery, endpoint',
        ),
        ("handover", "def send(self, message): pass", "Odd.send must be `async def`"),
        (
            "handover",
            "async def send(self, message): pass\n    async def receive(self, req): pass",
            'Odd.receive is given no argument "req"; did you mean "request"',
        ),
        (
            "handover",
            "async def send(self, message): pass\n    async def open(self, conversation, storage): pass",
            'Odd.open is given no argument "storage"; there are conversation, http, log',
        ),
        ("translators", "async def translate(self, text, target): pass", 'given no argument "text"'),
    ],
)
async def test_an_engine_that_could_not_be_called_is_refused(bench, kind, body, message):
    """At its class: without the method that it is there for, or with one that wants what nobody gives."""
    problem = problem_of(bench, engine(kind, body))
    assert problem.message.startswith(f"plugin bad, hook register_{kind}: ")
    assert message in problem.message
    assert (problem.file.endswith("bad.py"), problem.line) == (True, 2)


@pytest.mark.parametrize("kind", ENGINES)
async def test_arguments_with_a_default_and_any_arguments_are_welcome(bench, kind):
    """An engine for several versions names what only one of them gives."""
    method = ENGINES[kind][1].replace("):", ", mood='good', **more):")
    bench.write("good.py", engine(kind, method))
    bench.load()
