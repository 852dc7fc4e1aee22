"""``flowhook packages``: flows go from one project to another."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from flowhook import file_replacing
from flowhook.cli import cli
from flowhook.errors import FlowhookError
from flowhook.versions import importing
from flowhook.versions.importing import install
from flowhook.versions.package import read_package
from tests.machine import PATIENCE

FLOWHOOK = [str(Path(sys.executable).with_name("flowhook"))]
SECRET = "s3cr3t-c4n4ry"

CONFIG = f"""\
vars: {{shop_name: Mario's}}
connections:
  crm: {{base_url: "https://crm.example/{SECRET}", bearer: {SECRET}, headers: {{x-key: {SECRET}}}}}
  other: {{base_url: "https://other.example", bearer: {SECRET}}}
endpoints:
  - name: shop
    token: {SECRET}
    flow: pizza
    webhook: {{url: "https://shop.example/{SECRET}", password: {SECRET}, user: u}}
"""
FLOWS = {
    "pizza.yaml": """\
flow: pizza
attach: [smalltalk]
nodes:
  - id: size
    ask: {text: "{{ vars.shop_name | loud }} Which size?", type: choice, choices: [small, large]}
  - call: address
  - say: "Done."
""",
    "parts/address.yaml": """\
flow: address
nodes:
  - http_request: {connection: crm, url: /address, store: context.address}
    on_error: [{say: "No address."}]
""",
    "smalltalk.yaml": """\
flow: smalltalk
intents:
  thanks: {examples: ["thank you", "thanks a lot"], reply: "You are welcome."}
nodes: [{say: "Hello."}]
""",
    "alone.yaml": "flow: alone\nnodes:\n  - say: hi\n",
    "pizza.test.yaml": """\
flow: pizza
tests:
  - name: a small one
    mocks: [{http: "GET https://crm.example/*", json: {street: Elm}}]
    steps: [{user: hi}, {bot: "MARIO'S! Which size?"}, {user: small}, {bot: "Done."}]
""",
    "alone.test.yaml": "flow: alone\ntests: [{name: hi, steps: [{user: hi}, {bot: hi}]}]\n",
}
LOUD = '''\
"""Says it loud."""

from flowhook import hookimpl

__version__ = "1.0"


@hookimpl
def register_filters():
    return {"loud": lambda text: text.upper() + "!"}
'''


def flowhook(*words: str, cwd: Path, code: int = 0) -> str:
    """What the command says, on both streams; it has to end with ``code``."""
    with contextlib.chdir(cwd):
        result = CliRunner().invoke(cli, words, prog_name="flowhook")
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def installed(*words: str, cwd: Path) -> str:
    """The same of the installed command, which has to end well."""
    ran = subprocess.run(
        [*FLOWHOOK, *words], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def write(root: Path, **files: str) -> None:
    """Write files below the root; ``/`` is written ``__``."""
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with four flows, three of which belong together."""
    root = tmp_path / "shop"
    files = {f"flows__{name}": text for name, text in FLOWS.items()}
    write(root, **files, **{"config.yaml": CONFIG, "plugins__loud.py": LOUD})
    return root


@pytest.fixture
def package(shop: Path) -> Path:
    """What ``flowhook packages export`` makes of the pizza."""
    flowhook("packages", "export", "pizza.zip", "--flow", "pizza", cwd=shop)
    return shop / "pizza.zip"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Another machine: a project with the connection, the var and the plugin, and no flows of its own."""
    root = tmp_path / "elsewhere"
    config = (
        "vars: {shop_name: Mario's}\nplugins: {enabled: [loud]}\n"
        'connections: {crm: {base_url: "https://crm.example/", bearer: x, headers: {x-key: y}}}\n'
    )
    write(root, **{"config.yaml": config, "plugins__loud.py": LOUD})
    (root / "flows").mkdir()
    return root


@pytest.mark.slow
def test_a_package_opens_on_another_machine_and_its_tests_pass(shop: Path, elsewhere: Path) -> None:
    """With everything that the flow calls and attaches, and nothing else."""
    installed("packages", "export", "pizza.zip", "--flow", "pizza", cwd=shop)
    package = shop / "pizza.zip"
    said = installed("packages", "import", str(package), cwd=elsewhere)
    assert "+ parts/address.yaml  new" in said
    assert "4 files written." in said
    assert "no endpoint in config.yaml enters the flow pizza" in said
    written = sorted(
        path.relative_to(elsewhere / "flows").as_posix() for path in elsewhere.rglob("flows/**/*.yaml")
    )
    assert written == ["parts/address.yaml", "pizza.test.yaml", "pizza.yaml", "smalltalk.yaml"]
    (row,) = json.loads(installed("audit", "--json", cwd=elsewhere))
    assert (row["action"], row["who"], row["after"]["written"]) == ("package.import", "admin", written)
    assert (elsewhere / "flows/pizza.yaml").read_text() == FLOWS["pizza.yaml"]
    assert "1 passed" in installed("test", cwd=elsewhere)
    again = flowhook("packages", "import", str(package), cwd=elsewhere)
    assert "= pizza.yaml  equal" in again
    assert "Nothing to write." in again


def test_a_package_holds_no_secret(package: Path, shop: Path) -> None:
    """Not even the path of a URL; the names of what is missing are told."""
    assert SECRET.encode() not in package.read_bytes()
    shown = flowhook("packages", "show", str(package), cwd=shop)
    assert "connection crm  https://crm.example" in shown
    assert "plugin     loud  1.0" in shown
    assert "var        shop_name" in shown
    assert "endpoint   shop → flow pizza" in shown
    assert "other" not in shown
    assert "alone" not in shown
    index = json.loads(flowhook("packages", "show", str(package), "--json", cwd=shop))
    assert index["connections"] == {
        "crm": {"base_url": "https://crm.example", "secrets": ["bearer", "headers.x-key"]}
    }


def test_the_same_project_makes_the_same_bytes(package: Path, shop: Path) -> None:
    """Whenever it is exported; a package of all flows has them all."""
    for path in shop.rglob("*.yaml"):
        os.utime(path, (1, 1))
    flowhook("packages", "export", "again.zip", "--flow", "pizza", cwd=shop)
    assert (shop / "again.zip").read_bytes() == package.read_bytes()
    said = flowhook("packages", "export", "all.zip", cwd=shop)
    assert "4 flows, 2 test files, 1 connection, 1 plugin" in said
    assert len(read_package((shop / "all.zip").read_bytes()).manifest.flows) == 4
    assert 'did you mean "pizza"' in flowhook(
        "packages", "export", "x.zip", "--flow", "piza", cwd=shop, code=2
    )


def test_what_is_missing_is_named_and_nothing_is_written(package: Path, tmp_path: Path) -> None:
    """Connections with their secrets, vars, plugins; the flows would not work."""
    bare = tmp_path / "bare"
    write(bare, **{"config.yaml": "log: {level: info}\n"})
    (bare / "flows").mkdir()
    said = flowhook("packages", "import", str(package), cwd=bare, code=2)
    crm = "config.yaml has no connection crm, which was at https://crm.example, with bearer, headers.x-key"
    assert crm in said
    assert "config.yaml has no shop_name under vars" in said
    assert "the plugin loud (1.0) of the package is not loaded here" in said
    assert "nothing was changed" in said
    assert list((bare / "flows").iterdir()) == []
    write(bare, **{"config.yaml": 'connections: {crm: {base_url: "https://crm.example", user: u}}\n'})
    said = flowhook("packages", "import", str(package), cwd=bare, code=2)
    assert "the connection crm has no bearer, headers.x-key here" in said


def test_a_conflict_is_shown_and_decided(package: Path, elsewhere: Path) -> None:
    """A flow that the project has in another file is that file's."""
    mine = FLOWS["pizza.yaml"].replace("Done.", "Mine.")
    write(elsewhere, flows__sub__mine=mine)
    (elsewhere / "flows/sub/mine").rename(elsewhere / "flows/sub/mine.yaml")
    write(elsewhere, **{f"flows__{name}": FLOWS[name] for name in ("parts/address.yaml", "smalltalk.yaml")})
    said = flowhook("packages", "import", str(package), "--dry-run", cwd=elsewhere)
    assert "≠ sub/mine.yaml  differs" in said
    assert "= smalltalk.yaml  equal" in said
    assert '-  - say: "Mine."\n+  - say: "Done."' in said
    assert not (elsewhere / "flows/pizza.test.yaml").exists()

    assert "--on-conflict keep or replace" in flowhook(
        "packages", "import", str(package), cwd=elsewhere, code=2
    )
    assert not (elsewhere / "flows/pizza.test.yaml").exists()
    flowhook("packages", "import", str(package), "--on-conflict", "keep", cwd=elsewhere)
    assert (elsewhere / "flows/sub/mine.yaml").read_text() == mine
    assert (elsewhere / "flows/pizza.test.yaml").exists()
    flowhook("packages", "import", str(package), "--on-conflict", "replace", cwd=elsewhere)
    assert (elsewhere / "flows/sub/mine.yaml").read_text() == FLOWS["pizza.yaml"]
    assert not (elsewhere / "flows/pizza.yaml").exists()
    assert "1 passed" in flowhook("test", cwd=elsewhere)


def test_flows_that_would_have_errors_are_not_written(package: Path, elsewhere: Path) -> None:
    """Also where the errors are in those that are there."""
    write(elsewhere, flows__mine="flow: mine\nnodes:\n  - goto: pizza/gone\n")
    (elsewhere / "flows/mine").rename(elsewhere / "flows/mine.yaml")
    said = flowhook("packages", "import", str(package), cwd=elsewhere, code=2)
    assert "unknown-node" in said
    assert [path.name for path in (elsewhere / "flows").iterdir()] == ["mine.yaml"]


def test_nothing_is_written_through_a_link(package: Path, elsewhere: Path, tmp_path: Path) -> None:
    """Neither a folder that leads elsewhere nor a file."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (elsewhere / "flows/parts").symlink_to(outside)
    assert "would not be written below" in flowhook("packages", "import", str(package), cwd=elsewhere, code=2)
    (elsewhere / "flows/parts").unlink()
    (elsewhere / "flows/smalltalk.yaml").symlink_to(outside / "smalltalk.yaml")
    assert "would not be written below" in flowhook("packages", "import", str(package), cwd=elsewhere, code=2)
    assert list(outside.iterdir()) == []


def test_a_file_that_is_none_is_told_in_a_sentence(shop: Path) -> None:
    """What is no package, and what is not there."""
    assert "config.yaml: it is no package" in flowhook("packages", "import", "config.yaml", cwd=shop, code=2)
    assert "gone.zip: No such file" in flowhook("packages", "show", "gone.zip", cwd=shop, code=2)


def test_a_file_that_cannot_be_written_undoes_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was replaced is as it was, what was made is gone, folders too."""
    (tmp_path / "a.yaml").write_text("old")
    (tmp_path / "a.yaml").chmod(0o600)

    def failing(path: Path, text: str) -> None:
        if path.name == "c.yaml":
            raise OSError("the disk is full")
        file_replacing.replace_file(path, text)

    monkeypatch.setattr(importing, "replace_file", failing)
    with pytest.raises(OSError, match="full"):
        install(tmp_path, {"a.yaml": "new", "sub/deep/b.yaml": "new", "sub/c.yaml": "new"})
    assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"]
    assert (tmp_path / "a.yaml").read_text() == "old"
    assert stat.S_IMODE((tmp_path / "a.yaml").stat().st_mode) == 0o600


def test_an_error_of_a_package_is_ours() -> None:
    """Commands print it without a traceback."""
    with pytest.raises(FlowhookError):
        read_package(b"")
