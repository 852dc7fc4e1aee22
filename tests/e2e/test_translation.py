"""Translation over real HTTP, by the shipped translator of Google, and over a crash."""

from __future__ import annotations

import asyncio

from aiohttp import web

from .kit import Outside, Process, Project, Received, held, until

WORDS = {"bestellen": "order", "hello": "hallo", "bye": "tschuess"}
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
