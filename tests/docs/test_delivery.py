"""docs/delivery.md: its examples verify what flowhook signs, and its tables are complete."""

from __future__ import annotations

import base64
import json
import re
import runpy
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowhook.config.endpoints import RETRIES
from flowhook.config.models import Config
from flowhook.ids import delivery_id, parse_delivery_id
from flowhook.model.delivery import Delivery
from flowhook.model.endpoint import Endpoint
from flowhook.net.address_policy import AddressRules
from tests.docs.pages import DOCS, ROOT, blocks, section
from tests.machine import PATIENCE

PAGE = DOCS / "delivery.md"
WEBHOOK: dict[str, Any] = runpy.run_path(str(ROOT / "plugins" / "webhook.py"))
SECRET = "whsec_" + base64.b64encode(b"twenty-four bytes of key").decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"the key that was before!").decode()

Verifier = Callable[[str, dict[str, str], bytes], bool]


def examples(language: str, name: str) -> list[str]:
    """The blocks of the page that define a function."""
    return [block.text for block in blocks(PAGE, language) if f"{name}(" in block.text]


def in_python(source: str) -> Verifier:
    scope: dict[str, Any] = {}
    exec(compile(source, str(PAGE), "exec"), scope)
    verifier: Verifier = scope["verified"]
    return verifier


def in_node(source: str) -> Verifier:
    node = shutil.which("node")

    def verify(secret: str, headers: dict[str, str], body: bytes) -> bool:
        if node is None:
            pytest.skip("there is no node here")
        call = (
            f"verified({json.dumps(secret)}, {json.dumps(headers)}, Buffer.from({json.dumps(body.decode())}))"
        )
        program = f"{source}\nconsole.log({call});"
        answer = subprocess.run(
            [node, "--input-type=module", "-e", program],
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        return answer.stdout.strip() == "true"

    return verify


VERIFIERS = [
    *(
        pytest.param(in_python(source), id=f"python-{number}")
        for number, source in enumerate(examples("python", "verified"))
    ),
    *(pytest.param(in_node(source), id="node") for source in examples("js", "verified")),
]


def delivery() -> Delivery:
    body = json.dumps({"AIOutput": {"text": "Grüß Gott!"}}, ensure_ascii=False).encode()
    key = b"0123456789abcdef"
    return Delivery("shop", key, 1, delivery_id(key, 1, 0x5EED0001), body, "0" * 31 + "1")


def signed(*secrets: str) -> dict[str, str]:
    """The headers that the webhook output gives its POST."""
    webhook = {"url": "https://shop.example/hook", "secret": list(secrets), "user": "a", "password": "b"}
    config = Config.model_validate(
        {"endpoints": [{"name": "shop", "flow": "f", "webhook": webhook}]}
    ).endpoints[0]
    headers: dict[str, str] = (
        WEBHOOK["WebhookTarget"].of(Endpoint("shop", "token", "f", config)).headers(delivery())
    )
    return headers


def test_there_are_examples_in_two_languages() -> None:
    """Twice Python, once Node."""
    assert len(VERIFIERS) == 3


@pytest.mark.parametrize("verified", VERIFIERS)
def test_the_examples_verify_what_flowhook_signs(verified: Verifier) -> None:
    """The true one, also while the secret changes; and neither another body, nor key, nor an old one."""
    body = delivery().body
    headers = signed(SECRET)
    assert verified(SECRET, headers, body)
    assert verified(OLD_SECRET, signed(SECRET, OLD_SECRET), body)
    assert not verified(SECRET, headers, body.replace(b"Gott", b"dich"))
    assert not verified(OLD_SECRET, headers, body)
    stale = str(int(time.time()) - 3600)
    key = WEBHOOK["signing_key"](SECRET)
    signature = WEBHOOK["signatures"]((key,), headers["webhook-id"], stale, body)
    assert not verified(SECRET, headers | {"webhook-timestamp": stale, "webhook-signature": signature}, body)
    assert not verified(SECRET, {"webhook-id": headers["webhook-id"]}, body)


@pytest.mark.parametrize(
    "secret", ["a-plain-shared-secret", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "kürzer", SECRET.rstrip("=")]
)
@pytest.mark.parametrize("verified", VERIFIERS)
def test_the_examples_take_every_form_of_a_secret(verified: Verifier, secret: str) -> None:
    """Also any text, one that looks like base64, and base64 without its padding."""
    body = delivery().body
    assert verified(secret, signed(secret), body)
    assert not verified(OLD_SECRET, signed(secret), body)


def test_the_receiver_takes_a_repeat_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And answers it like the first."""
    monkeypatch.chdir(tmp_path)
    [source] = examples("python", "receive")
    scope: dict[str, Any] = {}
    exec(compile(source, str(PAGE), "exec"), scope)
    said = {"userId": "ada", "AIOutput": {"text": "Which size?"}}
    assert [scope["receive"]({"webhook-id": name}, said) for name in ("evt_1", "evt_1", "evt_2")] == [200] * 3
    assert scope["shop"].execute("SELECT count(*) FROM messages").fetchone() == (2,)
    scope["shop"].close()


def test_every_header_is_told() -> None:
    """Also that of a replay."""
    again = delivery()
    again.replay = True
    sent = {*signed(SECRET), *WEBHOOK["plain_headers"](again)} - {"content-type"}
    table = section(PAGE, "The POST")
    assert sorted(name for name in sent if f"| `{name}` |" not in table) == []


def test_the_id_that_is_shown_is_one() -> None:
    """And its sequence is the one shown beside it."""
    [shown] = re.findall(r"^webhook-id: (\S+)$", PAGE.read_text("utf-8"), re.MULTILINE)
    parsed = parse_delivery_id(shown)
    assert parsed is not None
    assert f"\nflowhook-sequence: {parsed[1]}\n" in PAGE.read_text("utf-8")


def test_the_schedule_is_that_of_the_program() -> None:
    """Of the defaults."""
    units = {"s": 1, "m": 60, "h": 3600}
    page = " ".join(section(PAGE, "What your answer means").split())
    told = page.partition("`webhook.retries`, and so on: `")[2].partition("`")[0]
    assert tuple(float(word[:-1]) * units[word[-1]] for word in told.split(", ")) == RETRIES


def test_the_addresses_that_the_example_allows_are_allowed() -> None:
    """By the rules, not only by the reader of the configuration."""
    [example] = [block.text for block in blocks(PAGE, "yaml") if "allow:" in block.text]
    listed = [line.split()[1] for line in example.splitlines() if line.lstrip().startswith("- ")]
    rules = AddressRules([*listed, "10.3.0.0/16:8080"])
    rules.check("127.0.0.1", 9000)
    rules.check("10.2.3.4", 1)
    rules.check("10.3.0.1", 8080)
    assert rules.allows_name("crm.internal", 8443)
    with pytest.raises(OSError, match="not a public address"):
        rules.check("10.3.0.1", 8081)
