"""Hostile bodies: 400 always, never 500, never stored (the fault plan's F29 and F30)."""

from __future__ import annotations

import asyncio
import gzip
import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowhook.errors import ApiError
from flowhook.web.core.json_body import parse_json, parse_object
from flowhook.web.messages.asgi import MessageApp

from .conftest import FakeIntake, client_of, nothing_here

HOSTILE = {
    "nothing": b"",
    "blank": b"  \n",
    "cut off": b'{"userId":"u"',
    "two values": b"{} {}",
    "invalid UTF-8": b'{"text":"\xff"}',
    "overlong UTF-8": b'{"text":"\xc0\x80"}',
    "a surrogate in UTF-8": b'{"text":"\xed\xa0\x80"}',
    "UTF-16": '{"text":"x"}'.encode("utf-16"),
    "UTF-16 without a mark": '{"text":"x"}'.encode("utf-16-le"),
    "UTF-32": '{"text":"x"}'.encode("utf-32"),
    "a byte order mark": b'\xef\xbb\xbf{"text":"x"}',
    "a lone high surrogate": b'{"text":"\\ud800"}',
    "a lone low surrogate": b'{"text":"\\udc00"}',
    "surrogates the wrong way round": b'{"text":"\\udc00\\ud800"}',
    "a lone surrogate in a key": b'{"\\ud800":1}',
    "NUL": b'{"text":"a\\u0000b"}',
    "NUL in a key": b'{"a\\u0000":1}',
    "NUL deep inside": b'{"data":{"a":[{"b":["\\u0000"]}]}}',
    "NUL as a byte": b'{"text":"\x00"}',
    "a control character": b'{"text":"a\nb"}',
    "100,000 arrays": b"[" * 100_000,
    "100,000 closed arrays": b"[" * 100_000 + b"]" * 100_000,
    "65 arrays": b'{"data":' + b"[" * 64 + b"1" + b"]" * 64 + b"}",
    "65 objects": b'{"a":' * 65 + b"1" + b"}" * 65,
    "5,000 digits": b'{"data":{"a":' + b"9" * 5000 + b"}}",
    "401 digits": b'{"data":{"a":1' + b"0" * 400 + b"}}",
    "401 digits below zero": b'{"data":{"a":[-1' + b"0" * 400 + b"]}}",
    "NaN": b'{"data":{"a":NaN}}',
    "Infinity": b'{"data":{"a":-Infinity}}',
    "1e999": b'{"data":{"a":1e999}}',
    "a key twice": b'{"userId":"u","userId":"v"}',
    "a key twice, once escaped": b'{"userId":"u","user\\u0049d":"v"}',
    "a key twice, deep inside": b'{"data":{"a":[{"b":1,"b":1}]}}',
    "a key twice beside colons": b'{"text":"a:b\\":","data":{"b":1, "b" : 2}}',
    "single quotes": b"{'a':1}",
    "a comment": b'{"a":1}//',
    "a trailing comma": b'{"a":1,}',
    "a leading zero": b'{"a":01}',
    "XML": b"<a/>",
    "a form": b"a=b",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
async def test_hostile_bodies_are_400_and_go_no_further(
    client: httpx.AsyncClient, intake: FakeIntake, raw: bytes
) -> None:
    """Each is refused at the door with the same code."""
    answer = await client.post("/demo-pizza", content=raw, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")
    assert intake.calls == []


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b'\xef\xbb\xbf{"text":"x"}', "begins with a byte order mark"),
        ('{"text":"x"}'.encode("utf-16"), "looks like UTF-16"),
        ('{"text":"x"}'.encode("utf-16-be"), "looks like UTF-16"),
        (gzip.compress(b'{"text":"x"}', mtime=0), "looks compressed"),
    ],
)
async def test_another_encoding_is_called_by_its_name(
    client: httpx.AsyncClient, raw: bytes, why: str
) -> None:
    """Whoever sends it learns what it is, not at which column a parser gave up."""
    answer = await client.post("/demo-pizza", content=raw, headers={"content-type": "application/json"})
    assert why in answer.json()["detail"]


@pytest.mark.parametrize("raw", [b"[]", b'"x"', b"1", b"null", b"true", b'[{"userId":"u"}]'])
async def test_json_that_is_no_object_is_400(client: httpx.AsyncClient, raw: bytes) -> None:
    """A message is an object."""
    answer = await client.post("/demo-pizza", content=raw, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_body")


@pytest.mark.parametrize("value", [
    {}, {"text": "a:b"}, {"text": '": "'}, {"text": "\\u0000"}, {"text": "😀"}, {"a": {"a": {"a": 1}}},
    {"n": 2**53 + 1}, {"n": -(10**400 - 1)}, {"n": 10**399},
    {"n": 1.5e300}, {"n": None, "b": True}, {"data": {"a:b": [1, {"c": ""}]}},
    {"text": "\x7f "}, {"": ""}, {"data": [[]] * 100},
])  # fmt: skip
def test_what_is_in_order_passes_unchanged(value: Any) -> None:
    """Nothing harmless is mistaken for an attack."""
    assert parse_object(json.dumps(value).encode()) == value
    assert parse_object(json.dumps(value, ensure_ascii=False, indent=3).encode()) == value


def test_64_levels_are_deep_enough() -> None:
    """The last depth that passes."""
    raw = b"[" * 64 + b"]" * 64
    assert parse_json(raw) == json.loads(raw)


_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
_NUMBERS = st.integers(-(10**400) + 1, 10**400 - 1) | st.floats(allow_nan=False, allow_infinity=False)
_JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(_TEXTS, inner),
    max_leaves=20,
)


@given(_JSON, st.booleans())
def test_every_clean_value_survives(value: Any, escaped: bool) -> None:
    """Whatever JSON can say without tricks is read as Python's own reader reads it."""
    raw = json.dumps(value, ensure_ascii=escaped).encode()
    assert parse_json(raw) == json.loads(raw)


@given(st.binary(max_size=200))
def test_no_bytes_at_all_surprise_the_parser(raw: bytes) -> None:
    """Anything is either JSON or an ApiError 400."""
    with suppress(ApiError):
        parse_json(raw)


@pytest.mark.parametrize(("size", "status"), [(256 * 1024, 202), (256 * 1024 + 1, 413)])
@pytest.mark.parametrize("declared", [True, False])
async def test_the_limit_of_the_body(
    client: httpx.AsyncClient, intake: FakeIntake, size: int, status: int, declared: bool
) -> None:
    """256 KiB pass, one byte more does not, with a Content-Length and without."""
    head = b'{"userId":"u","sessionId":"s","text":"'
    raw = head + b"x" * (size - len(head) - 2) + b'"}'

    async def pieces() -> Any:
        for start in range(0, len(raw), 10_000):
            yield raw[start : start + 10_000]

    headers = {"content-type": "application/json"}
    if not declared:
        headers["transfer-encoding"] = "chunked"
    answer = await client.post("/demo-pizza", content=raw if declared else pieces(), headers=headers)
    assert answer.status_code == status
    assert len(intake.calls) == (1 if status == 202 else 0)


def post_with_length(length: bytes) -> dict[str, Any]:
    """The head of a POST, as ASGI tells it."""
    return {
        "type": "http", "method": "POST", "path": "/demo-pizza", "raw_path": b"/demo-pizza",
        "query_string": b"", "http_version": "1.1", "client": ("203.0.113.7", 1),
        "headers": [(b"content-type", b"application/json"), (b"content-length", length)],
    }  # fmt: skip


async def test_a_body_that_claims_a_gibibyte_is_413_at_once(front: MessageApp) -> None:
    """The Content-Length is enough; nothing of the body is waited for."""
    sent: list[Any] = []
    scope = post_with_length(b"1073741824")

    async def receive() -> Any:
        assert sent, "the answer leaves before the body is read"
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await front(scope, receive, send)
    assert sent[0]["status"] == 413
    assert (b"connection", b"close") in sent[0]["headers"]


@pytest.mark.parametrize("length", [b"x", b"-1", b"1e3", b"9" * 400, b"\xb2"])
async def test_a_content_length_that_is_none(front: MessageApp, length: bytes) -> None:
    """Even if the server in front let it through."""
    scope = post_with_length(length)
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await front(scope, receive, send)
    assert sent[0]["status"] in {400, 413}


async def test_a_body_that_drips_is_408(services: Any) -> None:
    """Whoever sends a body has to send it."""
    front = MessageApp(services, nothing_here, body_seconds=0.01)
    async with client_of(front) as client:

        async def drip() -> Any:
            yield b'{"userId":'
            await asyncio.Event().wait()

        answer = await client.post(
            "/demo-pizza", content=drip(), headers={"content-type": "application/json"}
        )
    assert (answer.status_code, answer.json()["code"]) == (408, "body_timeout")


async def test_whoever_hangs_up_early_is_not_answered(front: MessageApp, intake: FakeIntake) -> None:
    """Half a message is no message."""
    scope = post_with_length(b"100")
    messages = iter([
        {"type": "http.request", "body": b'{"userId"', "more_body": True},
        {"type": "http.disconnect"},
    ])  # fmt: skip
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    await front(scope, receive, send)
    assert sent == []
    assert intake.calls == []
