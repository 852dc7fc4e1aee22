"""The shipped check of a caller's signature."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from flowhook import Reject, Request

BODY = b'{"userId": "u"}'
SECRET = "a secret of some length"


def signed(body: bytes = BODY, *, header: str = "X-Signature", form: str = "{}", by: str = SECRET) -> Request:
    """A request with a signature in a header."""
    digest = hmac.new(by.encode(), BODY, hashlib.sha256).hexdigest()
    headers = {header: form.format(digest)}
    return Request("POST", "http://x/demo", "/demo", body=body, headers=headers)


@pytest.mark.parametrize("form", ["{}", "sha256={}", " {} "])
async def test_a_signed_body_comes_in(shipped, form):
    """With or without the algorithm before the digest."""
    await shipped("hmac_auth", secret=SECRET).authenticate(signed(form=form))


async def test_the_header_can_be_named(shipped):
    """Every platform has a name of its own for it."""
    hooks = shipped("hmac_auth", secret=SECRET, header="X-Hub-Signature-256")
    await hooks.authenticate(signed(header="x-hub-signature-256", form="sha256={}"))


@pytest.mark.parametrize(
    "request_",
    [
        signed(b"{}"),
        signed(by="another secret"),
        signed(header="X-Other"),
        signed(form="é{}"),
        signed(form=""),
    ],
    ids=["another body", "another secret", "no header", "not ascii", "empty"],
)
async def test_everybody_else_stays_out(shipped, request_):
    """A wrong, missing or foreign signature is refused with 401."""
    with pytest.raises(Reject) as refused:
        await shipped("hmac_auth", secret=SECRET).authenticate(request_)
    assert refused.value.status == 401
