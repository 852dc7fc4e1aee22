"""Translation over real HTTP, by the shipped translator of Google, and over a crash."""

from __future__ import annotations

import asyncio

from aiohttp import web

from .conftest import Start
from .kit import ADMIN, Outside, Process, Project, Received, held, until

WORDS = {"bestellen": "order", "hello": "hallo", "bye": "tschuess", "kalt": "cold", "sorry": "verzeihung",
         "wait": "warte", "hilfe": "help"}  # fmt: skip
HANDS_OVER = """
nodes:
  - id: agent
    handover: {text: "wait"}
"""
FLOW = """
nodes:
  - say: "hello"
  - http_request: {url: "OUT/slow"}
  - say: "bye"
  - say: "{{ input.text }}"
"""
TRANSLATE = "/language/translate/v2"


async def google(asked: Received) -> web.Response:
    """In the shape of its public API: word for word."""
    found = []
    for text in asked.json["q"]:
        row = {"translatedText": WORDS.get(text, text)}
        if "source" not in asked.json:
            row["detectedSourceLanguage"] = "de"
        found.append(row)
    return web.json_response({"data": {"translations": found}})


async def test_a_translation_that_was_paid_for_is_not_asked_for_again_after_a_crash(
    project: Project, outside: Outside, process: Process
) -> None:
    """kill -9 in the middle of the turn: it goes on with what was translated, in the user's language."""
    project.settings["translators"] = {"google": {"api_key": "k-1", "url": outside.url}}
    project.flow("order", FLOW)
    project.endpoint("order", translation={"provider": "google"})
    outside.answers[TRANSLATE] = google
    gate = asyncio.Event()
    outside.answers["/slow"] = held(gate)
    await process.start()
    trace_id = await process.send("order", "bestellen")
    await until(lambda: outside.at("/slow"))
    await outside.until(1)
    assert [asked.json["q"] for asked in outside.at(TRANSLATE)] == [["bestellen"], ["hello"]]
    await process.kill()
    gate.set()
    await process.start()
    assert (await process.ends(trace_id))["status"] == "done"
    await until(lambda: len({one.id for one in outside.taken()}) == 3)
    texts = list({one.id: one.text for one in outside.taken()}.values())
    assert texts == ["hallo", "tschuess", "order"]
    asked = [asked.json["q"] for asked in outside.at(TRANSLATE)]
    assert asked == [["bestellen"], ["hello"], ["bye", "order"]]
    assert {asked.headers["x-goog-api-key"] for asked in outside.at(TRANSLATE)} == {"k-1"}
    assert await process.terminate() == 0


async def test_both_speak_their_own_language_in_a_handover(
    project: Project, outside: Outside, start: Start
) -> None:
    """The agent reads the user's words in the flow's language, the user hears the agent's in his own."""
    project.settings["translators"] = {"google": {"api_key": "k-1", "url": outside.url}}
    project.flow("help", HANDS_OVER)
    project.endpoint("help", translation={"provider": "google", "user_language": "de"})
    outside.answers[TRANSLATE] = google
    live = await start()
    await live.ends(await live.send("help", "hilfe"))
    await live.ends(await live.send("help", "kalt"))
    found = (await live.http.get("/api/handovers?status=queue", headers=ADMIN)).json()["handovers"]
    id = found[0]["id"]
    await live.http.post(f"/api/handovers/{id}/take", json={}, headers=ADMIN)
    reply = await live.http.post(f"/api/handovers/{id}/reply", json={"text": "sorry"}, headers=ADMIN)
    assert reply.status_code < 300, reply.text
    await outside.until(2)
    assert outside.texts() == ["warte", "verzeihung"]
    transcript = (await live.http.get(f"/api/handovers/{id}/transcript", headers=ADMIN)).json()
    said = [(entry["source"], entry["text"]) for entry in transcript["messages"]]
    assert said == [("user", "cold"), ("agent", "sorry")]
