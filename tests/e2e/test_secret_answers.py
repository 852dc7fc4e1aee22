"""Secret answers: ``secret: true`` keeps them out of everything but where the flow keeps them."""

from __future__ import annotations

import json

import pytest

from .conftest import Start
from .kit import ADMIN, Outside, Project, status
from .test_privacy import Disclosures, logged  # noqa: F401 - a fixture

PIN = "swordfish-1861"
WRONG = "xyzzy-12"

FLOW = """
nodes:
  - id: name
    ask: {text: "Your name?", store: context.name}
  - id: pin
    ask:
      text: "Your password?"
      type: pattern
      pattern: "[a-z]+-\\\\d{4}"
      secret: true
      store: context.pin
      reprompt: "{{ input.text }} is none."
  - log: "they said {{ context.pin }}"
  - say: "You said {{ input.result }}."
  - id: more
    ask: {text: "More?", store: context.more}
  - log: "they still say {{ context.pin }}"
  - if: context.pin == 'nothing'
    then: [{say: "No."}]
  - set: {context.copy: {of: "{{ context.pin }}"}}
  - http_request:
      url: "OUT/missing?q={{ context.pin }}"
      json: {pin: "{{ context.pin }}"}
      store: context.found
    on_error: []
  - say: "Once more: {{ context.pin }}."
  - say: "Thank you, {{ context.name }}."
  - id: end
    wait: {}
  - say: "{{ history | map(attribute='text') | join('|') }}"
  - if: "'fail' in input.text"
    then: {say: "{{ context.pin | burn }}"}
"""

BURN = """
from flowhook import hookimpl

def burn(text):
    raise ValueError(text)

@hookimpl
def register_filters():
    return {"burn": burn}
"""


async def test_a_secret_answer_is_told_nobody(
    project: Project,
    outside: Outside,
    start: Start,
    logged: pytest.LogCaptureFixture,  # noqa: F811
) -> None:
    """Not in traces, transcripts, history, logs, receipts, events, analytics, exports: nor wrong answers,
    nor what is made of it in later turns. The flow and the receiver have it, and the rest is told as ever."""
    project.flow("vault", FLOW.replace("OUT", outside.url))
    project.plugin("burning", BURN)
    project.endpoint("vault", events={"url": f"{outside.url}/events", "extras": True})
    outside.answers["/missing"] = status(404)
    live = await start()
    heard = Disclosures(live, logged)
    traces = []
    for text in ("hello", "Ada-is-my-name", WRONG, PIN, "more-of-this", "the-end", "fail"):
        traces.append(await live.send("vault", text))
        await live.ends(traces[-1])
        await live.resolved(traces[-1])
    said = outside.texts()
    assert f"You said {PIN}." in said
    assert f"Once more: {PIN}." in said
    everything = await heard.told("vault", traces)
    await heard.stop()
    everything["event webhook"] = "".join(str(received.body) for received in outside.at("/events"))
    for secret in (PIN, WRONG):
        everything |= {f"said {n}": text for n, text in enumerate(said) if text.startswith("hello|")}
        assert {name for name, text in everything.items() if secret in text} == set(), secret
    assert "they still say ****" in everything["logs"]
    transcript = json.loads(everything["sessions/vault/u1/s1/transcript?limit=500"])["transcript"]
    texts = [entry["text"] for entry in transcript]
    assert texts[:2] == ["hello", "Ada-is-my-name"]
    assert not {WRONG, PIN} & set(texts)
    assert texts[4:6] == ["more-of-this", "the-end"]
    assert [output["output"]["text"] for output in transcript[1]["outputs"]] == ["Your password?"]
    assert transcript[4]["outputs"][-1]["output"]["text"] == "Thank you, Ada-is-my-name."
    flags = {delivery.text: delivery.json["disableSensitiveLogging"] for delivery in outside.taken()}
    assert flags[f"Once more: {PIN}."]
    assert not flags["Your password?"]


async def test_the_session_itself_knows_it(project: Project, start: Start) -> None:
    """Where the flow keeps it, and until the flow takes it away."""
    project.flow("vault", FLOW.replace("OUT", "http://127.0.0.1:9"))
    project.plugin("burning", BURN)
    project.endpoint("vault")
    live = await start()
    for text in ("hello", "Ada", PIN):
        await live.ends(await live.send("vault", text))
    answer = await live.http.get("/api/sessions/vault/u1/s1", headers=ADMIN)
    assert answer.json()["state"]["context"]["pin"] == PIN
