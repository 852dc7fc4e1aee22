"""Endpoints made, changed and deleted through the API: the text of config.yaml, and what is in force."""

from __future__ import annotations

from typing import Any

from .conftest import Start
from .kit import ADMIN, Live, Outside, Project

CONFIG = """\
# The shop's bot.
server: {port: 8000}
storage: "sqlite:///bot.db"
admin_key: the-admin-key       # of the test
outgoing: {allow: ["127.0.0.1"]}

endpoints:
  # the page
  - name: page            # its name
    token: tok-page
    flow: 'bot'
    allow_wait: true
    webhook: {url: "URL/hook", secret: hush-hush-hush}   # ours
"""
NEW = {"name": "till", "token": "tok-till", "flow": "bot", "allow_wait": True}


async def begin(project: Project, start: Start, text: str = CONFIG) -> Live:
    """A server with this configuration, written by hand."""
    project.flow("bot", 'nodes: [{say: "bot {{ input.text }}"}]')
    project.flow("other", "nodes: [{say: other}]")
    path = project.root / "config.yaml"
    path.write_bytes(text.replace("URL", project.outside.url).encode())
    project.write = lambda port=0: path  # type: ignore[method-assign]
    return await start()


def written(project: Project) -> str:
    """The file, with its line ends."""
    return (project.root / "config.yaml").read_bytes().decode().replace(project.outside.url, "URL")


async def refused(live: Live, method: str, path: str, body: Any = None) -> tuple[int, str, str]:
    """Status, code and text of what is not done."""
    response = await live.http.request(method, f"/api{path}", json=body, headers=ADMIN)
    problem = response.json()
    return response.status_code, problem["code"], problem["detail"] + str(problem.get("errors", ""))


async def test_an_endpoint_is_made_changed_and_deleted(project: Project, start: Start) -> None:
    """At once in force, and the file has just these lines more, others, or less."""
    live = await begin(project, start)
    made = await live.api("POST", "/endpoints", NEW)
    assert made["config"]["endpoints"] == {"added": ["till"], "changed": [], "removed": []}
    lines = ["  - name: till", "    token: tok-till", "    flow: bot", "    allow_wait: true", ""]
    assert written(project) == CONFIG + "\n".join(lines)
    assert await live.say("till", "hi") == ["bot hi"]
    patch = {"flow": "other", "session": {"unknown": "create"}, "allow_wait": True}
    changed = await live.api("PATCH", "/endpoints/page", patch)
    assert changed["config"]["endpoints"]["changed"] == ["page"]
    assert '    flow: "other"\n' in written(project)
    assert '   # ours\n    session: {unknown: "create"}\n  - name: till' in written(project)
    assert await live.say("page", "hi") == ["other"]
    await live.api("PATCH", "/endpoints/page", {"session": None, "flow": "bot"})
    await live.api("DELETE", "/endpoints/till")
    assert written(project) == CONFIG.replace("'bot'", '"bot"')
    assert (await live.post("/tok-till", {"userId": "u", "sessionId": "s", "text": "x"})).status_code == 404
    rows = (await live.api("GET", "/audit?action=endpoint"))["audit"]
    assert [(row["action"], row["subject"]) for row in rows] == [
        ("endpoint.delete", "endpoints/till"), ("endpoint.change", "endpoints/page"),
        ("endpoint.change", "endpoints/page"), ("endpoint.create", "endpoints"),
    ]  # fmt: skip
    assert rows[2]["before"] == {"flow": "bot"}
    assert rows[2]["after"] == {"flow": "other", "session": {"unknown": "create"}}
    assert "tok-" not in str(rows)
    assert "hush" not in str(rows)


async def test_a_dry_run_shows_and_changes_nothing(project: Project, start: Start) -> None:
    """The difference has no secrets; what was shown is what is written, or nothing."""
    live = await begin(project, start)
    patch = {"webhook": {"secret": "new-hush-hush", "timeout": "5s"}, "token": "tok-other"}
    plan = await live.api("PATCH", "/endpoints/page?dryRun=1", patch)
    assert plan["config"]["endpoints"]["changed"] == ["page"]
    assert "hush" not in plan["diff"]
    assert "tok-" not in plan["diff"]
    assert '+    webhook: {url: "' in plan["diff"]
    assert 'secret: …*, timeout: "5s"}   # ours' in plan["diff"]
    assert written(project) == CONFIG
    assert (await live.api("GET", "/audit"))["audit"] == []
    path = project.root / "config.yaml"
    path.write_text(path.read_text() + "# a remark\n")
    again = f"/endpoints/page?fingerprint={plan['fingerprint']}"
    assert (await refused(live, "PATCH", again, patch))[:2] == (409, "config_changed")
    fresh = (await live.api("PATCH", "/endpoints/page?dryRun=1", patch))["fingerprint"]
    await live.api("PATCH", f"/endpoints/page?fingerprint={fresh}", patch)
    assert await live.say("other", "hi") == ["bot hi"]
    assert written(project).endswith("# a remark\n")


async def test_what_is_wrong_is_not_written(project: Project, start: Start) -> None:
    """Each mistake as check tells it; file and server are as they were."""
    live = await begin(project, start)
    for method, path, body, code, says in (
        ("POST", "/endpoints", {"name": "x", "flow": "nowhere"}, "reload_failed", "nowhere"),
        ("POST", "/endpoints", {"name": "page", "flow": "bot"}, "reload_failed", "two endpoints"),
        ("POST", "/endpoints", {"flow": "bot"}, "reload_failed", "name"),
        ("POST", "/endpoints", {"name": "x", "flow": "bot", "colour": 1}, "reload_failed", "colour"),
        ("PATCH", "/endpoints/page", {"locale": "?"}, "reload_failed", "locale"),
        ("PATCH", "/endpoints/page", {"webhook": {"timeout": "soon"}}, "reload_failed", "duration"),
        ("PATCH", "/endpoints/page", {"name": "other"}, "edit_refused", "by hand"),
        ("PATCH", "/endpoints/nobody", {}, "unknown_endpoint", "nobody"),
        ("DELETE", "/endpoints/nobody", None, "unknown_endpoint", "nobody"),
    ):
        _, found, text = await refused(live, method, path, body)
        assert found == code, text
        assert says in text
    assert written(project) == CONFIG
    assert (await live.api("GET", "/audit"))["audit"] == []
    assert await live.say("page", "hi") == ["bot hi"]


async def test_what_an_alias_shares_is_for_a_person(project: Project, start: Start) -> None:
    """An edit would change more than what is meant."""
    shared = (
        CONFIG.replace("{url:", "&ours {url:")
        + "  - {name: two, token: tok-two, flow: bot, webhook: *ours}\n"
    )
    live = await begin(project, start, shared)
    status, code, text = await refused(live, "PATCH", "/endpoints/two", {"webhook": {"timeout": "5s"}})
    assert (status, code) == (422, "edit_refused")
    assert "by hand" in text
    await live.api("PATCH", "/endpoints/two", {"locale": "de"})
    assert written(project) == shared.replace("flow: bot, webhook", "flow: bot, locale: de, webhook")


async def test_windows_line_ends_and_a_mark_at_the_beginning_stay(project: Project, start: Start) -> None:
    """Also those of lines that are new."""
    text = "\ufeff" + CONFIG.replace("\n", "\r\n")
    live = await begin(project, start, text)
    await live.api("POST", "/endpoints", NEW)
    assert written(project).startswith(text)
    assert written(project).count("\n") == written(project).count("\r\n")


async def test_closing_an_endpoint_is_written_and_never_fails(
    project: Project, start: Start, outside: Outside
) -> None:
    """It is closed at once, also where the file cannot be edited; after a restart it still is."""
    live = await begin(project, start)
    await live.api("POST", "/endpoints/page/disable")
    assert written(project) == CONFIG + "    enabled: false\n"
    await live.restart()
    assert (await live.api("GET", "/endpoints/page"))["enabled"] is False
    await live.api("POST", "/endpoints/page/enable")
    assert written(project) == CONFIG + "    enabled: true\n"
    path = project.root / "config.yaml"
    broken = path.read_text() + "  - ["
    path.write_text(broken)
    await live.api("POST", "/endpoints/page/disable")
    assert path.read_text() == broken
    assert (await live.post("/tok-page", {"userId": "u", "sessionId": "s", "text": "x"})).status_code == 404
    path.write_text(broken.removesuffix("  - ["))
    await live.restart()
    assert (await live.api("GET", "/endpoints/page"))["enabled"] is False
    await live.api("PATCH", "/endpoints/page", {"enabled": True})
    assert (await live.api("GET", "/endpoints/page"))["enabled"] is True
    await live.restart()
    assert await live.say("page", "hi") == ["bot hi"]
