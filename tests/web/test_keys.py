"""API keys and the admin key: how they look, how they are kept, and who passes."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from flowhook.errors import ApiError, FlowhookError
from flowhook.harness.clocks import FakeClock
from flowhook.runtime.project.api_keys import ApiKeys
from flowhook.web.admin.auth import AdminGuard, load_admin_key


async def test_a_key_has_its_form(services: Any) -> None:
    """Prefix, id, 160 random bits, and a checksum that scanners can verify."""
    made = await services.keys.create(services.endpoints.by_name("keyed"), " shop ")
    assert re.fullmatch(r"fhk_[0-9a-f]{10}_[0-9a-f]{40}_[0-9a-f]{8}", made["key"])
    body, _, checksum = made["key"].rpartition("_")
    assert int(checksum, 16) == crc32(body.encode())
    assert made["name"] == "shop"
    assert made["preview"] == f"{made['key'][:4]}…{made['key'][-4:]}"
    assert made["createdAt"] == services.clock.now()


async def test_only_a_hash_is_kept(services: Any) -> None:
    """A copy of the database opens nothing."""
    made = await services.keys.create(services.endpoints.by_name("keyed"), "shop")
    kept = repr(services.store.api_keys.kept)
    assert made["key"].split("_")[2] not in kept
    assert made["key"] not in kept


async def test_keys_survive_a_restart(services: Any) -> None:
    """Loaded from the store, they are as good as before; revoked ones are not."""
    endpoint = services.endpoints.by_name("keyed")
    first = await services.keys.create(endpoint, "first")
    second = await services.keys.create(endpoint, "second")
    await services.keys.revoke(endpoint, first["id"])
    keys = ApiKeys(services.store.api_keys, services.clock)
    assert not keys.check(endpoint, second["key"].encode())
    await keys.load()
    assert keys.check(endpoint, second["key"].encode())
    assert not keys.check(endpoint, first["key"].encode())


async def test_a_key_ends_by_itself(services: Any) -> None:
    """At its time it stops to work; it is still listed, as ended."""
    endpoint, clock = services.endpoints.by_name("keyed"), services.clock
    made = await services.keys.create(endpoint, "fair", ends_at=clock.now() + 60)
    assert services.keys.check(endpoint, made["key"].encode())
    await clock.advance(59)
    assert services.keys.check(endpoint, made["key"].encode())
    await clock.advance(1)
    assert not services.keys.check(endpoint, made["key"].encode())
    (listed,) = services.keys.of(endpoint)
    assert (listed["ended"], listed["endsAt"]) == (True, clock.now())
    with pytest.raises(ApiError, match="ends in the future"):
        await services.keys.create(endpoint, "late", ends_at=clock.now())


async def test_two_keys_are_valid_while_one_is_rotated(services: Any) -> None:
    """The new one has name, scopes and lifetime of the old one, which ends after the overlap."""
    endpoint, clock = services.endpoints.by_name("keyed"), services.clock
    began = clock.now()
    old = await services.keys.create(endpoint, "shop", ends_at=began + 1000, scopes=["inject"])
    await clock.advance(100)
    new = await services.keys.rotate(endpoint, old["id"], 50)
    assert (new["name"], new["scopes"], new["endsAt"]) == ("shop", ["inject"], began + 1100)
    both = [old["key"].encode(), new["key"].encode()]
    assert [services.keys.check(endpoint, key) for key in both] == [True, True]
    assert [key["endsAt"] for key in services.keys.of(endpoint)] == [began + 150, began + 1100]
    await clock.advance(50)
    assert [services.keys.check(endpoint, key) for key in both] == [False, True]
    with pytest.raises(ApiError) as ended:
        await services.keys.rotate(endpoint, old["id"], 50)
    assert ended.value.code == "key_ended"
    with pytest.raises(ApiError) as taken:
        await services.keys.create(endpoint, "shop")
    assert taken.value.code == "name_taken"
    again = await services.keys.rotate(endpoint, new["id"], 90 * 86400)
    assert [key["endsAt"] for key in services.keys.of(endpoint)][1] == began + 1100  # not later than it would
    with pytest.raises(ApiError) as unknown:
        await services.keys.rotate(services.endpoints.by_name("other"), again["id"], 50)
    assert unknown.value.status == 404


async def test_the_last_use_is_kept_coarsely(services: Any) -> None:
    """In memory at once, in the store now and then, and not once a message."""
    endpoint, clock = services.endpoints.by_name("keyed"), services.clock
    made = await services.keys.create(endpoint, "shop")
    key = made["key"].encode()
    assert services.keys.of(endpoint)[0]["usedAt"] is None
    first = clock.now()
    services.keys.check(endpoint, key)
    assert services.keys.of(endpoint)[0]["usedAt"] == first
    await services.keys.note_uses()
    assert services.store.api_keys.noted == {made["id"]: first}
    services.store.api_keys.noted = None
    await clock.advance(299)
    services.keys.check(endpoint, key)
    await services.keys.note_uses()
    assert services.store.api_keys.noted is None
    await clock.advance(1)
    services.keys.check(endpoint, key)
    await services.keys.note_uses()
    assert services.store.api_keys.noted == {made["id"]: first + 300}


async def test_a_key_may_be_for_some_routes_only(services: Any, admin: Any) -> None:
    """A page that takes messages need not be able to speak for the bot."""
    made = await admin.post("/api/endpoints/keyed/keys", json={"name": "page", "scopes": ["message"]})
    headers = {"x-webhook-key": made.json()["key"]}
    body = {"userId": "u", "sessionId": "s", "text": "hi"}
    for route, status in (("", 202), ("/test", 202), ("/inject", 403), ("/notify", 403)):
        response = await admin.post(f"{route}/demo-keyed", json=body, headers=headers)
        assert response.status_code == status, route
    assert response.json()["detail"] == "This key is for message, not for notify."
    for wrong in ({"scopes": []}, {"scopes": ["all"]}, {"endsAt": "2030-01-01T00:00:00"}, {"endsAt": "soon"}):
        answer = await admin.post("/api/endpoints/keyed/keys", json={"name": "x", **wrong})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_field"), wrong


async def test_a_key_opens_one_endpoint_only(services: Any) -> None:
    """Nor can it be revoked through another one."""
    keyed, other = services.endpoints.by_name("keyed"), services.endpoints.by_name("other")
    made = await services.keys.create(keyed, "shop")
    assert services.keys.check(keyed, made["key"].encode())
    assert not services.keys.check(other, made["key"].encode())
    assert not await services.keys.revoke(other, made["id"])
    assert services.keys.check(keyed, made["key"].encode())


@pytest.mark.parametrize(
    "presented", [None, b"", b"_", b"__", b"___", b"fhk__x_y", b"\xff\xfe", b"a" * 10**6]
)
async def test_rubbish_is_no_key(services: Any, presented: bytes | None) -> None:
    """Whatever is presented, the answer is no, not an error; and the empty hash opens nothing."""
    assert not services.keys.check(services.endpoints.by_name("keyed"), presented)


def test_a_configured_admin_key_is_used(tmp_path: Path) -> None:
    """No file is written then."""
    assert load_admin_key("configured", tmp_path) == "configured"
    assert list(tmp_path.iterdir()) == []


def test_an_admin_key_is_made_once(tmp_path: Path) -> None:
    """Readable for nobody else, and the same at the next start."""
    key = load_admin_key("", tmp_path)
    assert re.fullmatch("[0-9a-f]{64}", key)
    assert load_admin_key("", tmp_path) == key
    path = tmp_path / ".flowhook" / "admin_key"
    assert path.read_text().strip() == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_key_file_is_no_key(tmp_path: Path) -> None:
    """An interrupted start must not leave administration open to the empty key."""
    path = tmp_path / ".flowhook" / "admin_key"
    path.parent.mkdir()
    path.touch(mode=0o644)
    assert len(load_admin_key("", tmp_path)) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("given", ["Bearer secret", "bearer secret", "BEARER  secret"])
async def test_the_bearer_of_the_admin_key_passes(given: str) -> None:
    """The scheme is compared without case."""
    await AdminGuard("secret", FakeClock()).require({"client": None}, given)


@pytest.mark.parametrize(
    "given", [None, "", "secret", "Bearer", "Bearer Secret", "Basic secret", "Bearer sécret"]
)
async def test_nobody_else_passes(given: str | None) -> None:
    """Whatever is wrong, the answer is the same."""
    with pytest.raises(ApiError, match="Administration asks for") as caught:
        await AdminGuard("secret", FakeClock()).require({"client": None}, given)
    assert caught.value.status == 401


def test_a_key_file_that_others_can_read_is_told(tmp_path: Path, caplog: Any) -> None:
    """The key is used, and the log says what to do."""
    path = tmp_path / ".flowhook" / "admin_key"
    path.parent.mkdir()
    path.write_text("a-key-of-one's-own\n")
    path.chmod(0o644)
    assert load_admin_key("", tmp_path) == "a-key-of-one's-own"
    assert [record.action for record in caplog.records] == ["admin_key_readable"]


def test_an_admin_key_that_cannot_be_kept_is_told_in_a_sentence(tmp_path: Path) -> None:
    """A place that cannot be written, or something else in the file's place: what to do stands in it."""
    (tmp_path / ".flowhook").write_text("not a directory")
    with pytest.raises(FlowhookError, match=r"cannot keep the admin key in .*; give `admin_key` in config"):
        load_admin_key("", tmp_path)
