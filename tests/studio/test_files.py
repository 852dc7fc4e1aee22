"""Files that pages edit, questions to the language service, and tests that they run: as curl would."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import NOTES, Shop

PATH = "flows/notes.yaml"
DOCS = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def notes_as_they_were(shop: Shop) -> None:
    (shop.root / PATH).write_text(NOTES)
    shop.api("POST", "/reload")


def edit(shop: Shop, text: str, status: int = 200, *, query: str = "", sha256: str | None = "") -> dict:
    read = shop.api("GET", "/files/flows%2Fnotes.yaml")
    files = [{"path": PATH, "text": text, "sha256": read["sha256"] if sha256 == "" else sha256}]
    told: dict = shop.api("PUT", f"/files{query}", {"files": files}, status)
    return told


def test_an_edit_takes_effect_and_keeps_every_other_byte(shop: Shop) -> None:
    """Comments, order and line ends stay: the text goes as it is."""
    text = NOTES.replace("Noted:", "Kept:").replace("\n", "\r\n")
    before = shop.api("GET", "/flows/notes")["revision"]
    told = edit(shop, text)
    assert (shop.root / PATH).read_bytes() == text.encode()
    assert shop.api("GET", "/flows/notes")["revision"] != before
    assert told["files"][PATH] == shop.api("GET", "/files/flows%2Fnotes.yaml")["sha256"]
    (row,) = [row for row in shop.api("GET", "/audit?action=flow.edit&limit=1")["audit"]]
    assert row["who"] == "admin"


def test_an_edit_with_errors_writes_nothing(shop: Shop) -> None:
    """The file and what runs stay as they were."""
    refused = edit(shop, NOTES.replace("say:", "sy:"), 422)
    assert refused["code"] == "flow_refused"
    assert refused["errors"][0]["field"].startswith(PATH)
    assert (shop.root / PATH).read_text() == NOTES


def test_an_edit_of_a_file_that_was_changed_is_refused(shop: Shop) -> None:
    """Nobody overwrites what he has not seen; nor a file that he takes for a new one."""
    for digest in ("0" * 64, None):
        assert edit(shop, NOTES, 409, sha256=digest)["code"] == "file_changed"


def test_whom_an_edit_would_strand_is_told_before(shop: Shop) -> None:
    """By the node that would be gone, with the line that keeps them."""
    shop.say("hi", user="eve", session="stands", endpoint="notes")
    shop.say("hi", user="eve", session="stands2", endpoint="notes")
    told = edit(shop, NOTES.replace("id: note\n", "id: jot\n"), query="?dryRun=1")
    stranded = [one for one in told["stranded"] if one["node"] == "notes/note"]
    assert [one["moved"] for one in stranded if "moved" in one] in ([], [{"note": "jot"}])
    assert "+  - id: jot" in told["diff"]
    assert (shop.root / PATH).read_text() == NOTES


@pytest.mark.parametrize("path", ["config.yaml", "../outside.yaml", "flows/notes.txt", "/etc/hosts"])
def test_only_files_of_the_flows_can_be_asked_for(shop: Shop, path: str) -> None:
    """Whatever leads elsewhere is unknown, for reading, writing and the language service."""
    files = [{"path": path, "text": "x", "sha256": None}]
    assert shop.api("PUT", "/files", {"files": files}, 404)["code"] == "unknown_file"
    assert shop.api("POST", "/language/outline", {"path": path}, 404)["code"] == "unknown_file"


def test_a_reader_edits_nothing(shop: Shop) -> None:
    """Editing is for authors."""
    files = [{"path": PATH, "text": NOTES, "sha256": None}]
    refused = shop.api("PUT", "/files", {"files": files}, 403, key="reader-key-of-the-studio")
    assert refused["code"] == "forbidden"


def test_the_language_service_knows_the_text_in_the_editor(shop: Shop) -> None:
    """Completion, problems, fixes, places and a rename, of a text that nobody saved."""
    text = NOTES + "  - goto: not\n"
    (problem,) = shop.api("POST", "/language/diagnose", {"path": PATH, "text": text})["problems"][PATH]
    assert (problem["line"], problem["severity"]) == (8, "error")
    (fix, *_) = shop.api("POST", "/language/fixes", {"path": PATH, "text": text})["fixes"]
    assert fix["edits"][0]["text"] in ("note", "noted")
    items = shop.api("POST", "/language/complete", {"path": PATH, "text": text, "line": 8, "column": 14})
    assert {"note", "noted"} <= {item["label"] for item in items["items"]}
    asked = {"path": PATH, "text": NOTES, "line": 4, "column": 10}
    assert shop.api("POST", "/language/definition", asked)["places"][0]["range"]["line"] == 4
    edits = shop.api("POST", "/language/rename", {**asked, "name": "jot"})["edits"][PATH]
    assert any("moved" in one["text"] for one in edits)
    assert shop.api("POST", "/language/hover", asked)["hover"]["text"]
    assert shop.api("POST", "/language/dance", asked, 404)["code"] == "not_found"


def test_what_was_said_becomes_a_test_that_runs(shop: Shop) -> None:
    """Recorded, saved as an edit, run: it passes; and one that fails tells the difference."""
    shop.say("hi", user="fred", session="recorded", endpoint="notes")
    shop.say("milk", user="fred", session="recorded", endpoint="notes")
    asked = {"endpoint": "notes", "userId": "fred", "sessionId": "recorded", "name": "milk is noted"}
    made = shop.api("POST", "/tests/record", asked)
    assert made["failures"] == []
    path = shop.root / made["path"]
    try:
        files = [{"path": made["path"], "text": made["text"], "sha256": None}]
        shop.api("PUT", "/files", {"files": files})
        report = shop.api("POST", "/tests/run", {"path": made["path"]})
        assert (report["passed"], report["failed"]) == (1, 0)
        path.write_text(made["text"].replace("Noted: milk", "Noted: bread"))
        report = shop.api("POST", "/tests/run", {"word": "milk"})
        (failure, *_) = report["tests"][0]["failures"]
        assert "bread" in f"{failure['expected']}"
    finally:
        path.unlink()


def test_every_route_of_the_studio_is_in_the_reference(shop: Shop) -> None:
    """With its codes, as those of administration."""
    document = shop.api("GET", "/../openapi.json")
    ours = re.compile("/(api/(files|language|nlu|rehearsals|tests)|studio)")
    for path, methods in document["paths"].items():
        if not ours.match(path):
            continue
        for method, operation in methods.items():
            assert f"`{method.upper()} {path}`" in DOCS, (method, path)
            for response in operation["responses"].values():
                for code in re.findall(r"\w+", response["description"].removeprefix("code: ").strip(".")):
                    assert code == "Done" or f"`{code}`" in DOCS, code
