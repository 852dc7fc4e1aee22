"""``flowhook new``: what it makes works as it stands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.machine import PATIENCE
from tests.warm import CLIENT, nursery_socket

INSTALLED = str(Path(sys.executable).with_name("flowhook"))


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command in a directory."""
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=PATIENCE, check=False)


def flowhook(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The command, forked from a process that has imported it."""
    return run(sys.executable, "-S", CLIENT, nursery_socket(), *words, cwd=cwd)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project just made."""
    made = flowhook("new", "project", "shop", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    return tmp_path / "shop"


@pytest.mark.slow
def test_a_new_project_has_no_problems_and_passes_its_tests(shop: Path) -> None:
    """Checked and tested as its README says, by the installed command."""
    assert {path.name for path in shop.iterdir()} >= {".gitignore", "README.md", "config.yaml", "flows"}
    checked = run(INSTALLED, "check", cwd=shop)
    assert (checked.returncode, checked.stdout) == (0, "no problems in 3 files\n")
    tested = run(INSTALLED, "test", cwd=shop)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "example" not in (shop / "flows" / "shop.yaml").read_text()


@pytest.mark.slow
def test_a_new_flow_and_a_new_plugin_work_beside_it(shop: Path) -> None:
    """A second flow with its test, and a plugin whose node and filter a test runs."""
    assert flowhook("new", "flow", "returns", cwd=shop).returncode == 0
    assert flowhook("new", "plugin", "crm_lookup", cwd=shop).returncode == 0
    assert flowhook("check", cwd=shop).returncode == 0
    assert flowhook("test", cwd=shop).returncode == 0
    assert "class CrmLookup(Node)" in (shop / "plugins" / "crm_lookup.py").read_text()
    tested = run(sys.executable, "-m", "pytest", "-q", "-p", "no:schemathesis", "tests", cwd=shop)
    assert tested.returncode == 0, tested.stdout


def test_a_plugin_may_have_a_dash_in_its_name(shop: Path) -> None:
    """The loader takes such names; what Python and flows read has an underscore."""
    assert flowhook("new", "plugin", "my-crm", cwd=shop).returncode == 0
    assert flowhook("check", cwd=shop).returncode == 0
    text = (shop / "plugins" / "my-crm.py").read_text()
    assert "class MyCrm(Node)" in text
    assert 'key = "my_crm"' in text
    assert "plugins.settings.my-crm in" in text
    tested = run(
        sys.executable, "-m", "pytest", "-q", "-p", "no:schemathesis", "tests/test_my_crm.py", cwd=shop
    )
    assert tested.returncode == 0, tested.stdout


def test_nothing_is_overwritten(shop: Path) -> None:
    """Where a file is there already, nothing at all is written."""
    again = flowhook("new", "flow", "shop", cwd=shop)
    assert again.returncode == 2
    assert "flows/shop.test.yaml is there already" in again.stderr
    full = flowhook("new", "project", "shop", cwd=shop.parent)
    assert full.returncode == 2
    assert "not empty" in full.stderr


@pytest.mark.parametrize(("kind", "name"), [("flow", "Bad Name"), ("project", "UPPER"), ("plugin", "9lives")])
def test_a_name_that_cannot_work_is_refused(tmp_path: Path, kind: str, name: str) -> None:
    """Before anything is written."""
    refused = flowhook("new", kind, name, cwd=tmp_path)
    assert refused.returncode == 2
    assert "is no name of a" in refused.stderr
    assert list(tmp_path.iterdir()) == []
