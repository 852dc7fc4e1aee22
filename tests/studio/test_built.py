"""What was built of the pages: small, alone, and part of what is shipped."""

from __future__ import annotations

import gzip
import importlib.util
import re
from pathlib import Path

import httpx
import pytest

from flowhook.model.event import EventType
from flowhook.web.page_files import STATIC, pages_are_built

from .conftest import Shop

FIRST_SCREEN = 60 * 1024  #: bytes, gzipped
EDITOR = 160 * 1024
WHOLE = 900 * 1024  #: bytes in the wheel
SOURCES = Path(__file__).parents[2] / "server" / "flowhook" / "studio" / "pages" / "src"
HOOK = Path(__file__).parents[2] / "server" / "hatch_build.py"

built = pytest.mark.skipif(not pages_are_built(), reason="the pages are not built: make studio")


def zipped(*files: Path) -> int:
    return sum(len(gzip.compress(file.read_bytes())) for file in files)


def first_files() -> list[Path]:
    """The page itself and whatever it loads before anything is done."""
    html = STATIC / "studio.html"
    names = re.findall(r'(?:src|href)="/studio/([^"]+)"', html.read_text())
    return [html, *with_imports([STATIC / name for name in names])]


def with_imports(files: list[Path]) -> list[Path]:
    """Files, and whatever their scripts load with them."""
    files = list(files)
    for file in files:
        if file.suffix == ".js":
            static_imports = re.findall(r'(?:import|from)\s*"\./([^"]+)"', file.read_text())
            files += [STATIC / name for name in static_imports if STATIC / name not in files]
    return files


def loaded_later() -> dict[str, list[Path]]:
    """By the script that is loaded when it is first needed, such as the editor's: what comes with it."""
    first = first_files()
    texts = [file.read_text() for file in STATIC.glob("*.js")]
    scripts = {name for text in texts for name in re.findall(r'import\("\./([^"]+)"\)', text)}
    return {name: [file for file in with_imports([STATIC / name]) if file not in first] for name in scripts}


def test_the_pages_hear_of_every_event() -> None:
    """A stream of a browser hands on the types that it was asked for by name, and no others."""
    source = (SOURCES / "lib" / "events.ts").read_text()
    asked = re.search(r"const TYPES = \[(.*?)\];", source, re.DOTALL)
    assert asked is not None
    assert sorted(re.findall(r'"([^"]+)"', asked[1])) == sorted(EventType)


@built
def test_the_first_screen_is_small() -> None:
    """At most 60 KB come over the wire."""
    assert zipped(*first_files()) <= FIRST_SCREEN


@built
def test_what_is_loaded_later_is_small() -> None:
    """The editor, the largest of it: at most 160 KB."""
    assert max(zipped(*files) for files in loaded_later().values()) <= EDITOR


@built
def test_nothing_else_is_shipped() -> None:
    """No source maps, no packages, no address of another host; and licences of what is in it."""
    files = list(STATIC.iterdir())
    assert sum(file.stat().st_size for file in files) <= WHOLE
    assert {file.suffix for file in files} <= {".html", ".js", ".css", ".svg", ".txt"}
    for file in files:
        if file.suffix in (".js", ".css", ".html"):
            text = file.read_text("utf-8")
            assert "sourceMappingURL" not in text
            addresses = set(re.findall(r"https?://[\w.-]+", text))
            assert addresses <= {"http://www.w3.org", "https://preactjs.com"}, file.name
    assert "preact" in (STATIC / "licenses.txt").read_text()


@built
def test_the_pages_run_nothing_that_stands_in_them(shop: Shop) -> None:
    """Scripts are files of this server, no other host is asked, and no other page shows them in a frame."""
    for path in ("/studio", "/desk"):
        policy = httpx.get(f"{shop.url}{path}", trust_env=False).headers["content-security-policy"]
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";") if rule.strip())
        assert rules["default-src"] == "'self'"
        assert rules.get("script-src", "'self'") == "'self'"
        assert rules["frame-ancestors"] == "'none'"
        assert "unsafe-eval" not in policy
    html = (STATIC / "studio.html").read_text()
    assert not re.findall(r"<script(?![^>]*src=)|\son\w+=", html)


def test_a_wheel_without_the_pages_is_refused(tmp_path: Path) -> None:
    """An editable install goes without them."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed")
    spec = importlib.util.spec_from_file_location("hatch_build", HOOK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    hook = module.PagesHook(str(tmp_path), {}, None, None, str(tmp_path), "wheel")
    hook.initialize("editable", {})
    with pytest.raises(RuntimeError, match="make studio"):
        hook.initialize("standard", {})
    static = tmp_path / "server" / "flowhook" / "studio" / "static"
    static.mkdir(parents=True)
    (static / "studio.html").write_text("")
    hook.initialize("standard", {})
