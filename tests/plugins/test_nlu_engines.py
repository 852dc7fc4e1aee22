"""The shipped NLU engines, each against a real HTTP server in the shape of its service's public API."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from tests.plugins.service import Service

from flowhook.hooks.facade import Hooks
from flowhook.hooks.loading.kinds import NLU
from flowhook.hooks.loading.loader import EndpointRequirements, PluginRequirements, load_hooks
from flowhook.model.understanding import Ranked, Slot, Understanding
from flowhook.testing import open_bot

Engine = Callable[..., Any]


@pytest.fixture
def engine() -> Iterator[Engine]:
    """``engine("rasa", url="…")``: the engine of an endpoint that names it, with these settings."""
    loaded: list[Hooks] = []

    def load(name: str, **settings: Any) -> Any:
        endpoint = EndpointRequirements("shop", engines={NLU: name})
        hooks = load_hooks(PluginRequirements(settings={name: settings}, endpoints=(endpoint,)), None)
        loaded.append(hooks)
        return hooks.nlu()[name]

    yield load
    for hooks in loaded:
        hooks.close()


async def understand(engine: Any, http: httpx.AsyncClient, text: str, language: str = "en") -> Understanding:
    found: Understanding = await engine.understand(
        text=text, data={"a": 1}, language=language, session="s1", endpoint=None, http=http
    )
    return found


async def test_any_service(engine: Engine, service: Service, http: httpx.AsyncClient) -> None:
    """It is asked with the text, and says any field of an understanding; null is nothing."""
    nlu = engine("nlu_http", url=f"{service.url}/read", bearer="tok-1", send_data=True)
    service.answers["/read"] = [{"intent": "order", "score": 0.9, "slots": {"size": ["large"]}}, None]
    assert await understand(nlu, http, "a large one") == Understanding("order", 0.9, {"size": ["large"]})
    assert await understand(nlu, http, "hm") is None
    assert service.asked[0].json == {
        "text": "a large one", "language": "en", "session": "s1", "data": {"a": 1}
    }  # fmt: skip
    assert service.asked[0].headers["authorization"] == "Bearer tok-1"
    assert "tok-1" not in repr(nlu.settings)


RASA = {
    "text": "from Ulm to Bonn",
    "intent": {"name": "travel", "confidence": 1.0000000001},
    "intent_ranking": [
        {"name": "travel", "confidence": 1.0000000001},
        {"name": "stay", "confidence": 0.2},
    ],
    "entities": [
        {"entity": "city", "role": "from", "value": "Ulm", "start": 5, "end": 8},
        {"entity": "city", "value": "Bonn", "start": 12, "end": 16},
    ],
}


async def test_rasa(engine: Engine, service: Service, http: httpx.AsyncClient) -> None:
    """Intents with their ranking, entities as slots with their places; its fallback means nothing."""
    nlu = engine("rasa", url=service.url + "/", token="secret")
    fallback = {**RASA, "intent": {"name": "nlu_fallback", "confidence": 0.7}, "entities": []}
    service.answers["/model/parse"] = [RASA, fallback]
    found = await understand(nlu, http, "from Ulm to Bonn")
    assert found.ranking == [Ranked("travel", 1.0), Ranked("stay", 0.2)]
    assert found.found == {"from": [Slot("Ulm", "Ulm", 5, 8)], "city": [Slot("Bonn", "Bonn", 12, 16)]}
    assert found.details["rasa"]["intent"]["name"] == "travel"
    asked = service.asked[0]
    assert (asked.method, asked.query, asked.json["text"]) == (
        "POST", {"token": "secret"}, "from Ulm to Bonn"
    )  # fmt: skip
    nothing = await understand(nlu, http, "hm")
    assert (nothing.ranking, nothing.rejected) == ([], True)


ACCOUNT_KEY = """-----BEGIN PRIVATE KEY-----
{key}
-----END PRIVATE KEY-----
"""


@pytest.fixture
def account(service: Service) -> dict[str, str]:
    """A service account whose tokens come from the service."""
    pytest.importorskip("google.auth")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    service.answers["/token"] = {"access_token": "ya29.x", "expires_in": 3600}
    return {
        "type": "service_account", "project_id": "shop-1", "private_key": pem, "private_key_id": "k1",
        "client_email": "bot@shop-1.iam.gserviceaccount.com", "token_uri": f"{service.url}/token",
        "public": public.decode(),
    }  # fmt: skip


def check_grant(service: Service, account: dict[str, str]) -> None:
    """The assertion is signed by the account, for this server, and asked for once."""
    from google.auth import jwt

    [grant] = [asked for asked in service.asked if asked.path == "/token"]
    form = parse_qs(grant.body.decode())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    claims = jwt.decode(form["assertion"][0], certs=account["public"], audience=account["token_uri"])
    assert claims["iss"] == account["client_email"]
    assert claims["scope"] == "https://www.googleapis.com/auth/dialogflow"


async def test_dialogflow_es(
    engine: Engine, service: Service, http: httpx.AsyncClient, account: dict[str, str], tmp_path: Path
) -> None:
    """``detectIntent`` with a token of the account; parameters that were not said are no slots."""
    file = tmp_path / "account.json"
    file.write_text(json.dumps(account))
    nlu = engine("dialogflow_es", url=service.url, credentials=str(file), location="europe-west1")
    result = {
        "queryText": "two large ones",
        "parameters": {"size": "large", "number": [2], "topping": ""},
        "intent": {"name": "projects/…", "displayName": "order"},
        "intentDetectionConfidence": 0.83,
    }
    fallback = {"intent": {"displayName": "Default Fallback Intent", "isFallback": True}}
    service.answers["/v2/*"] = [{"queryResult": result}, {"queryResult": fallback}]
    found = await understand(nlu, http, "two large ones", "de")
    assert (found.intent, found.score, found.slots) == ("order", 0.83, {"size": ["large"], "number": [2]})
    assert (await understand(nlu, http, "hm")).rejected
    first, second = (asked for asked in service.asked if asked.path != "/token")
    assert first.path.startswith("/v2/projects/shop-1/locations/europe-west1/agent/sessions/")
    assert first.path.endswith(":detectIntent")
    assert first.path != second.path, "each text in a session of its own"
    assert first.json == {"queryInput": {"text": {"text": "two large ones", "languageCode": "de"}}}
    assert first.headers["authorization"] == "Bearer ya29.x"
    check_grant(service, account)


async def test_dialogflow_cx(
    engine: Engine, service: Service, http: httpx.AsyncClient, account: dict[str, str]
) -> None:
    """``matchIntent``: what matched, best first; a match without an intent is none."""
    nlu = engine("dialogflow_cx", url=service.url, credentials=json.dumps(account), agent="a-1")
    matches = [
        {"intent": {"displayName": "order"}, "matchType": "INTENT", "confidence": 0.9,
         "parameters": {"size": "large"}},
        {"intent": {"displayName": "opening"}, "matchType": "INTENT", "confidence": 0.3},
    ]  # fmt: skip
    no_match = [{"matchType": "NO_MATCH", "confidence": 0.1}]
    service.answers["/v3/*"] = [{"matches": matches}, {"matches": no_match}]
    found = await understand(nlu, http, "a large one")
    assert found.ranking == [Ranked("order", 0.9), Ranked("opening", 0.3)]
    assert found.slots == {"size": ["large"]}
    nothing = await understand(nlu, http, "hm")
    assert (nothing.ranking, nothing.rejected) == ([], True)
    asked = service.asked[1]
    assert asked.path.startswith("/v3/projects/shop-1/locations/global/agents/a-1/sessions/")
    assert asked.json == {"queryInput": {"text": {"text": "a large one"}, "languageCode": "en"}}
    check_grant(service, account)


async def test_lex(engine: Engine, service: Service, http: httpx.AsyncClient) -> None:
    """``RecognizeText``: interpretations, best first, and the slots that were filled."""
    keys = {"access_key": "AKID", "secret_key": "shh", "session_token": "st"}
    nlu = engine("lex", url=service.url, region="eu-west-1", bot_id="B", bot_alias_id="A", **keys)
    slots = {
        "Size": {"value": {"originalValue": "big", "interpretedValue": "large", "resolvedValues": ["large"]}},
        "Topping": None,
    }
    order = {"intent": {"name": "Order", "slots": slots}, "nluConfidence": {"score": 0.84}}
    fallback = {"intent": {"name": "FallbackIntent", "slots": {}}}
    service.answers["/bots/*"] = [{"interpretations": [order, fallback]}, {"interpretations": [fallback]}]
    found = await understand(nlu, http, "a big one", "de-AT")
    assert found.ranking == [Ranked("Order", 0.84)]
    assert found.found == {"Size": [Slot("large", "big")]}
    assert (await understand(nlu, http, "hm")).rejected
    asked = service.asked[0]
    assert asked.path.startswith("/bots/B/botAliases/A/botLocales/de_AT/sessions/")
    assert asked.json == {"text": "a big one"}
    assert asked.headers["x-amz-security-token"] == "st"
    scheme, _, fields = asked.headers["authorization"].partition(" ")
    assert scheme == "AWS4-HMAC-SHA256"
    assert "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token," in fields


def test_signature_version_4(engine: Engine) -> None:
    """The vector ``post-vanilla`` of the suite that Amazon publishes."""
    nlu = engine("lex", access_key="a", secret_key="b", region="r", bot_id="B", bot_alias_id="A")
    signed = __import__(type(nlu).__module__, fromlist=["signed"]).signed
    keys = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    at = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    headers = signed("POST", "https://example.amazonaws.com/", {}, b"", keys, "us-east-1", "service", at)
    assert headers == {
        "x-amz-date": "20150830T123600Z",
        "authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, "
        "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    }


async def test_watson(engine: Engine, service: Service, http: httpx.AsyncClient) -> None:
    """``message`` of a workspace, with the key of the API."""
    nlu = engine("watson", url=service.url, api_key="k-1", workspace="w-1")
    service.answers["/v1/workspaces/w-1/message"] = {
        "intents": [{"intent": "order", "confidence": 0.97}, {"intent": "opening", "confidence": 0.1}],
        "entities": [{"entity": "size", "location": [2, 7], "value": "large", "confidence": 1}],
        "output": {"text": []},
    }
    found = await understand(nlu, http, "a large one")
    assert found.ranking == [Ranked("order", 0.97), Ranked("opening", 0.1)]
    assert found.found == {"size": [Slot("large", "large", 2, 7)]}
    [asked] = service.asked
    assert asked.query == {"version": "2021-06-14"}
    assert asked.json == {"input": {"text": "a large one"}, "alternate_intents": True}
    assert base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")) == b"apikey:k-1"


@pytest.mark.parametrize("name", ["nlu_http", "rasa", "watson"])
async def test_an_engine_whose_service_is_down_fails(
    engine: Engine, service: Service, http: httpx.AsyncClient, name: str
) -> None:
    """It raises, for flowhook to go on without it; it does not understand nothing."""
    more = {"watson": {"api_key": "k", "workspace": "w"}}.get(name, {})
    nlu = engine(name, url=service.url, **more)
    service.answers["/*"] = 503
    with pytest.raises(httpx.HTTPStatusError):
        await understand(nlu, http, "hi")


FLOW = """
flow: shop
intents:
  order: {entry: ordered}
slots:
  size: {values: {large: [big]}}
nodes:
  - say: "Hello."
  - stop: {}
  - id: ordered
    say: "A pizza: {{ input.slots.size | join }} {{ input.nlu.details.rasa.intent.name }}"
"""


async def test_an_endpoint_names_a_shipped_engine(tmp_path: Path) -> None:
    """It is found by its name, sends the flow where its intent leads, and is shown with its time."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "shop.yaml").write_text(FLOW)
    plugins = {"settings": {"rasa": {"url": "http://rasa.test:5005"}}}
    async with open_bot("shop", project=tmp_path, endpoint={"nlu": "rasa"}, plugins=plugins) as bot:
        parsed = {"intent": {"name": "order", "confidence": 0.9}, "text": "a big one"}
        entities = [{"entity": "size", "value": "large", "start": 2, "end": 5}]
        bot.http.reply("POST", "http://rasa.test:5005/model/parse", json={**parsed, "entities": entities})
        bot.http.reply("POST", "http://rasa.test:5005/model/parse", status=500, json={})
        assert await bot.says("a big one") == ["A pizza: large order"]
        assert await bot.says("again") == ["Hello."]
        admin = {"authorization": "Bearer test"}
        shown = (await bot.post("/api/plugins", method="GET", headers=admin)).json()
        [rasa] = [plugin for plugin in shown["plugins"] if plugin["name"] == "rasa"]
        assert "nlu rasa" in json.dumps(rasa)
        metrics = (await bot.post("/metrics", method="GET", headers=admin)).text
        assert 'plugin="rasa"' in metrics
