"""Loading: which plugins run, with which settings, and how mistakes are told."""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from flowhook.hooks.api.request import Request, Response
from flowhook.hooks.loading.loader import PluginLoadError
from flowhook.shipped import shipped_dir

REQUEST = Request("POST", "http://x/", "/")
HOOK = "@hookimpl\ndef transform_input():\n    return {'text': __name__}\n"


def names(hooks) -> list[str]:
    """The plugins in use, but for flowhook's own."""
    return [plugin.name for plugin in hooks.plugins[1:]]


async def test_all_of_the_directory_runs_by_name(bench):
    """Without ``enabled``, files and packages of the directory run; names with ``_`` are helpers."""
    for name in ("b.py", "a.py", "c/__init__.py", "_helper.py", "readme.txt"):
        bench.write(name, HOOK)
    bench.write("elsewhere.py", HOOK, shipped=True)
    assert names(bench.load()) == ["a", "b", "c"]


async def test_enabled_gives_the_order(bench):
    """With ``enabled``, only those named there, in ``use`` or as an engine run."""
    for name in ("a.py", "b.py", "c.py"):
        bench.write(name, HOOK)
    bench.write("d.py", HOOK, shipped=True)
    assert names(bench.load("d", enabled=("c", "a"))) == ["c", "a", "d"]


async def test_the_directory_wins_over_a_shipped_plugin(bench):
    """A project may replace what flowhook ships by a file of the same name."""
    bench.write("a.py", HOOK)
    bench.write("a.py", "raise ImportError", shipped=True)
    assert bench.load("a").plugins[1].source == "directory"


async def test_a_file_is_loaded_once(bench):
    """Also when the project's directory is that of the shipped plugins."""
    bench.write("a.py", HOOK)
    bench.shipped = bench.directory
    assert names(bench.load("a", enabled=("a",))) == ["a"]


async def test_turn_hooks_run_only_where_they_are_used(bench):
    """A plugin that no endpoint uses has no say in its messages."""
    bench.write("a.py", HOOK)
    assert await bench.hooks().transform("message", REQUEST, Response(), {}) is None


@pytest.mark.parametrize(
    ("source", "message", "line"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of_that_name'", 2),
        ("x = 1\ndef f(:\n", "SyntaxError", 3),
        ("x = 1\nraise SystemExit(2)", "SystemExit: 2", 3),
        (
            "@hookimpl\ndef transform_imput():\n    pass\n",
            'plugin bad: there is no hook "transform_imput"; did you mean "transform_input"?',
            2,
        ),
        (
            "@hookimpl\ndef transform_input(mesage):\n    pass\n",
            'plugin bad: hook transform_input has no argument "mesage"; did you mean "message"?',
            2,
        ),
        ("@hookimpl(tryfirst=True)\ndef startup():\n    pass\n", "tryfirst is not supported", 2),
    ],
)
async def test_mistakes_name_plugin_file_and_line(bench, source, message, line):
    """A plugin that cannot work stops the start, and says where."""
    path = bench.write("bad.py", source)
    with pytest.raises(PluginLoadError) as failed:
        bench.load()
    [problem] = failed.value.problems
    assert message in problem.text
    assert (problem.file, problem.line) == (str(path), line)


async def test_all_mistakes_are_told_at_once(bench):
    """One broken plugin does not hide the next."""
    bench.write("a.py", "import nothing_of_that_name")
    bench.write("b.py", "@hookimpl\ndef transform_imput():\n    pass\n")
    with pytest.raises(PluginLoadError) as failed:
        bench.load("cc", enabled=("a", "b"))
    assert [problem.code for problem in failed.value.problems] == [
        "unknown-plugin",
        "plugin-import",
        "unknown-hook",
    ]


async def test_a_failing_register_hook_stops_the_start(bench):
    """What a plugin registers must be usable."""
    bench.write("a.py", "@hookimpl\ndef register_filters():\n    return ['x']\n")
    bench.write("b.py", "@hookimpl\ndef register_nodes():\n    raise KeyError('x')\n")
    bench.write("c.py", "@hookimpl\nasync def register_nodes():\n    return [int]\n")
    with pytest.raises(PluginLoadError) as failed:
        bench.load()
    messages = [problem.message for problem in failed.value.problems]
    assert ["register_filters" in messages[0], "KeyError" in messages[1], "Node" in messages[2]] == [True] * 3


async def test_the_name_flowhook_is_taken(bench):
    """What is built in is a plugin too, of that name."""
    bench.write("flowhook.py", HOOK)
    with pytest.raises(PluginLoadError, match='cannot have the name "flowhook"'):
        bench.load()


SETTINGS = """
class Settings(Settings):
    url: str
    size: int = 3

@hookimpl
def transform_input(settings):
    return {"text": f"{settings.url} {settings.size}"}
"""


@pytest.mark.parametrize(
    ("given", "message", "where"),
    [
        ({"urll": "x"}, 'plugin a needs the setting "url"', "plugins.settings.a"),
        (
            {"url": "x", "siez": 1},
            'plugin a has no setting "siez"; did you mean "size"?',
            "plugins.settings.a.siez",
        ),
        ({"url": "x", "size": "many"}, 'plugin a, setting "size"', "plugins.settings.a.size"),
    ],
)
async def test_settings_are_checked_where_they_stand(bench, given, message, where):
    """A wrong setting names plugin and setting, and its place in the configuration."""
    bench.write("a.py", SETTINGS)
    with pytest.raises(PluginLoadError) as failed:
        bench.load("a", settings={"a": given})
    problem = failed.value.problems[0]
    assert len(set(failed.value.problems)) == len({problem.message for problem in failed.value.problems})
    assert message in problem.text
    assert (problem.file, problem.line, problem.column) == (where, 7, 3)


async def test_an_endpoint_sets_over_the_plugin(bench):
    """What ``use`` says wins over ``plugins.settings``, and may be all there is."""
    bench.write("a.py", SETTINGS)
    both = bench.hooks({"a": {"size": 5}}, settings={"a": {"url": "x"}})
    assert await both.transform("message", REQUEST, Response(), {}) == {"text": "x 5"}
    alone = bench.hooks({"a": {"url": "y"}})
    assert await alone.transform("message", REQUEST, Response(), {}) == {"text": "y 3"}
    with pytest.raises(PluginLoadError) as failed:
        bench.load({"a": {"url": "x", "siez": 1}})
    assert failed.value.problems[0].file == "endpoints.0.transformers.use.0.a.siez"


async def test_a_plugin_that_nobody_set_up_stays_idle(bench):
    """A file that merely lies in the directory does not stop the start for want of settings."""
    bench.write("a.py", SETTINGS)
    [_, plugin] = bench.load().plugins
    assert plugin.idle == "not set up: plugins.settings.a lacks url"
    with pytest.raises(PluginLoadError, match='needs the setting "url"'):
        bench.load("a")


async def test_settings_for_no_plugin_are_a_mistake(bench):
    """A slip in a plugin's name would otherwise leave it without its settings."""
    bench.write("telegram.py", "")
    with pytest.raises(PluginLoadError, match='settings for "telegramm"') as failed:
        bench.load(settings={"telegramm": {}})
    assert failed.value.problems[0].hint == 'did you mean "telegram"?'


async def test_packages_and_helpers_import_each_other(bench):
    """Modules of a package, and helpers with ``_``, are found by relative imports."""
    bench.write("_shared.py", "WORD = 'shared'")
    bench.write("pack/deep.py", "WORD = 'deep'")
    bench.write(
        "pack/__init__.py",
        """
        from . import deep
        from .._shared import WORD

        @hookimpl
        def transform_input():
            return {"text": WORD + deep.WORD}
    """,
    )
    answer = await bench.hooks("pack").transform("message", REQUEST, Response(), {})
    assert answer == {"text": "shareddeep"}


@pytest.mark.parametrize("line", ["import _shared", "from {directory}._shared import WORD"])
async def test_an_import_that_misses_a_helper_is_told_how(bench, line: str):
    """A file beside the plugin is there; it is found by a relative import."""
    path = bench.write("_shared.py", "WORD = 'shared'")
    bench.write("greeter.py", line.format(directory=path.parent.name))
    with pytest.raises(PluginLoadError) as failed:
        bench.load()
    assert failed.value.problems[0].hint == (
        "import what stands beside a plugin with: from ._shared import …"
    )


async def test_a_reload_leaves_the_old_modules_alone(bench):
    """Each load has modules of its own, read from the files as they are now."""
    bench.write("pack/deep.py", "WORD = 'old'")
    bench.write(
        "pack/__init__.py",
        """
        @hookimpl
        def transform_input():
            from .deep import WORD
            return {"text": WORD}
    """,
    )
    old = bench.hooks("pack")
    bench.write("pack/deep.py", "WORD = 'new'")
    new = bench.hooks("pack")
    assert await new.transform("message", REQUEST, Response(), {}) == {"text": "new"}
    bench.write("pack/deep.py", "WORD = 'bad'; raise ValueError")
    bench.write("pack/__init__.py", "from . import deep")
    with pytest.raises(PluginLoadError) as failed:
        bench.load("pack")
    assert failed.value.problems[0].file.endswith("deep.py")
    assert await new.transform("message", REQUEST, Response(), {}) == {"text": "new"}
    assert old is not new


async def test_a_plugin_is_compiled_once(bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """The compiled file belongs to the content of its source: an edit within the same second counts, and what
    is damaged, or was moved with its folder, is compiled anew."""
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "compiled"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    compiled: list[str] = []
    compile_source = SourceFileLoader.source_to_code

    def counting(loader: SourceFileLoader, data: Any, path: Any, **options: Any) -> CodeType:
        compiled.append(Path(path).name)
        return compile_source(loader, data, path, **options)

    monkeypatch.setattr(SourceFileLoader, "source_to_code", counting)

    async def said() -> tuple[dict[str, str], list[str]]:
        compiled.clear()
        answer = await bench.hooks("greeter").transform("message", REQUEST, Response(), {})
        return answer, list(compiled)

    source = "@hookimpl\ndef transform_input():\n    return {'text': 'old'}\n"
    file = bench.write("greeter.py", source)
    assert await said() == ({"text": "old"}, ["greeter.py"])
    assert await said() == ({"text": "old"}, [])
    times = file.stat()
    bench.write("greeter.py", source.replace("old", "new"))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert await said() == ({"text": "new"}, ["greeter.py"])
    (kept,) = (tmp_path / "compiled").rglob("greeter.*.pyc")
    for damaged in (b"", kept.read_bytes()[:40], kept.read_bytes()[:16] + b"x"):
        kept.write_bytes(damaged)
        assert await said() == ({"text": "new"}, ["greeter.py"])
    elsewhere = marshal.dumps(compile(file.read_bytes(), "elsewhere.py", "exec"))
    kept.write_bytes(kept.read_bytes()[:16] + elsewhere)
    assert await said() == ({"text": "new"}, ["greeter.py"])
    assert await said() == ({"text": "new"}, [])


async def test_close_takes_the_modules_away(bench):
    """After a failed load, or at its end, nothing of a load stays in ``sys.modules``."""
    before = {name for name in sys.modules if name.startswith("flowhook_plugins")}
    bench.write("a.py", HOOK)
    bench.load().close()
    bench.write("a.py", "raise ValueError")
    with pytest.raises(PluginLoadError):
        bench.load()
    assert {name for name in sys.modules if name.startswith("flowhook_plugins")} == before


async def test_decorated_hooks_work(bench):
    """A decorator that keeps the signature may wrap a hook."""
    bench.write(
        "a.py",
        """
        import functools

        def twice(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                return {"text": function(*args, **kwargs)["text"] * 2}
            return wrapper

        @hookimpl
        @twice
        def transform_input(message):
            return message
    """,
    )
    assert await bench.hooks("a").transform("message", REQUEST, Response(), {"text": "ab"}) == {
        "text": "abab"
    }


async def test_installed_distributions_join_when_named(bench, monkeypatch):
    """The entry-point group ``flowhook`` gives plugins that run only when they are asked for."""
    from importlib.metadata import EntryPoint

    from flowhook.hooks.loading import discovery

    bench.write("a.py", HOOK)
    installed = bench.load("a").plugins[1].module
    monkeypatch.setitem(sys.modules, "some_distribution", installed)
    entry_point = EntryPoint("far", "some_distribution", "flowhook")
    monkeypatch.setattr(discovery, "entry_points", lambda group: [entry_point] if group == "flowhook" else [])
    assert names(bench.load()) == ["a"]
    assert [plugin.source for plugin in bench.load("far").plugins[1:]] == ["directory", "installed"]


def test_what_comes_along_is_found():
    """By its place in the checkout or in the wheel."""
    assert (shipped_dir("plugins") / "telegram.py").is_file()
    assert (shipped_dir("flows") / "pizza.yaml").is_file()


def install(site: Path, module: str) -> None:
    """A distribution as pip leaves it: its package, and the entry point in its metadata."""
    package, info = site / "flowhook_far", site / "flowhook_far-1.2.dist-info"
    for folder in (package, info):
        folder.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "plugin.py").write_text(module)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: flowhook-far\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("[flowhook]\nfar = flowhook_far.plugin\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory of installed distributions."""
    folder = tmp_path / "site"
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in [name for name in sys.modules if name.startswith("flowhook_far")]:
        del sys.modules[name]


async def test_an_installed_distribution_is_found_by_its_entry_point(bench, site: Path) -> None:
    """It runs where it is named."""
    install(site, "from flowhook import hookimpl\n@hookimpl\ndef transform_output():\n    return None\n")
    hooks = bench.load("far")
    [plugin] = [plugin for plugin in hooks.plugins if plugin.name == "far"]
    assert (plugin.source, plugin.hooks) == ("installed", ["transform_output"])


@pytest.mark.parametrize(
    "module", ["import not_there_at_all\n", "\nraise ValueError('broken')\n", "def (:\n"]
)
async def test_a_broken_distribution_is_named(bench, site: Path, module: str) -> None:
    """With its name, its version, the module, and the line."""
    install(site, module)
    with pytest.raises(PluginLoadError) as failed:
        bench.load("far")
    [problem] = failed.value.problems
    assert "plugin far (flowhook-far 1.2, flowhook_far.plugin) cannot be imported" in problem.message
    assert problem.file == str(site / "flowhook_far" / "plugin.py")
    assert problem.line == (2 if "broken" in module else 1)
