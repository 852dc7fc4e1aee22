"""Request and Response as plugins see them."""

from __future__ import annotations

import pytest

from flowhook import Request, Response
from flowhook.hooks.api.request import Headers


def test_headers_have_no_case():
    """Names are found in any case; repeated fields are joined."""
    headers = Headers([("X-One", "1"), ("x-one", "2"), ("Accept", "*/*")])
    assert headers["x-ONE"] == "1, 2"
    assert "ACCEPT" in headers
    assert headers.get("none") is None


def test_json_and_form_are_read_when_they_are_there():
    """``json`` is None for what is not JSON, ``form`` empty for what is no form."""
    plain = Request("POST", "http://x/t", "/t", body=b"a=1&a=2&b=")
    assert (plain.json, plain.form) == (None, {})
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    assert Request("POST", "http://x/t", "/t", headers=form, body=b"a=1&a=2&b=").form == {"a": "2", "b": ""}
    assert Request("POST", "http://x/t", "/t", body=b'{"a": 1}').json == {"a": 1}


def test_query_has_the_last_of_each_and_all_of_each():
    """As a person would expect of a mapping, with all values at hand."""
    request = Request("GET", "http://x/t?a=1&a=2", "/t", "a=1&a=2&b")
    assert request.query == {"a": "2", "b": ""}
    assert request.query_lists == {"a": ["1", "2"], "b": [""]}


@pytest.mark.parametrize(
    "write",
    [
        lambda response: setattr(response, "status", 204),
        lambda response: setattr(response, "body", {"ok": True}),
        lambda response: setattr(response, "headers", {"x": "y"}),
        lambda response: response.headers.update({"x": "y"}),
        lambda response: response.headers.setdefault("x", "y"),
        lambda response: response.redirect("/elsewhere"),
    ],
)
def test_setting_anything_makes_it_the_answer(write):
    """An untouched response is not sent; looking at it does not touch it."""
    response = Response()
    assert (response.status, response.body, response.headers) == (200, None, {})
    assert not response.written
    write(response)
    assert response.written


def test_a_redirect_says_where():
    """With 302 unless said otherwise."""
    response = Response()
    response.redirect("https://x/y", 307)
    assert (response.status, response.headers["location"]) == (307, "https://x/y")


def test_an_impossible_status_is_refused_at_once():
    """The plugin's line is at fault, not the server's."""
    with pytest.raises(ValueError, match="between 200 and 599"):
        Response().status = 99
