"""The documentation: it matches what is served, and needs nothing from the network."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
from pydantic import BaseModel

from flowhook.web.admin.auth import AdminGuard
from flowhook.web.core.operation import Operation
from flowhook.web.core.problem_json import TYPE_PREFIX
from flowhook.web.docs.openapi import openapi_document
from flowhook.web.messages.route_table import PUBLIC_ROUTES
from flowhook.web.quart_app import create_quart


async def document(admin: httpx.AsyncClient) -> dict[str, Any]:
    answer = await admin.get("/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    shown: dict[str, Any] = answer.json()
    return shown


async def test_every_route_of_ours_is_documented(services: Any, admin: httpx.AsyncClient) -> None:
    """What Quart serves and what the document says is the same set."""
    guard = AdminGuard(services.admin_key, services.clock)
    served = {
        (method.lower(), re.sub(r"<(\w+)>", r"{\1}", rule.rule))
        for rule in create_quart(services, guard).url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    paths = (await document(admin))["paths"]
    documented = {(method, path) for path, methods in paths.items() for method in methods}
    operations = [route.operation for route in PUBLIC_ROUTES]
    public = {(operation.method.lower(), operation.path) for operation in operations}
    assert documented == served | public
    assert len(public) == 12


async def test_all_references_lead_somewhere(admin: httpx.AsyncClient) -> None:
    """And operation ids are unique."""
    document_ = await document(admin)
    names = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document_)))
    assert names <= document_["components"]["schemas"].keys()
    ids = [o["operationId"] for methods in document_["paths"].values() for o in methods.values()]
    assert len(ids) == len(set(ids))


class Part(BaseModel):
    name: str


class Whole(BaseModel):
    parts: list[Part]


def test_a_body_of_models_in_models_is_resolved() -> None:
    """Each of them is a schema of the document."""
    operation = Operation("PUT", "/x", "x", "tag", "One.", body=Whole, responses={204: ""})
    document = openapi_document([operation], "http://bot.example")
    schemas = document["components"]["schemas"]
    assert schemas["WholeRequest"]["properties"]["parts"]["items"] == {"$ref": "#/components/schemas/Part"}
    assert schemas["Part"]["properties"].keys() == {"name"}
    assert "$defs" not in json.dumps(document)


async def test_every_operation_names_its_errors(admin: httpx.AsyncClient) -> None:
    """Each 4xx and 5xx points at the one shape and says its codes."""
    for methods in (await document(admin))["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"]
                    assert response["description"].startswith("code: ")
    assert TYPE_PREFIX.startswith("urn:")


async def test_the_page_works_offline(admin: httpx.AsyncClient) -> None:
    """One page, no script, nothing from elsewhere, every operation on it."""
    answer = await admin.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert not re.findall(r'(?:src|href)=["\']?(?:https?:)?//', answer.text)
    for methods in (await document(admin))["paths"].values():
        for operation in methods.values():
            assert f"id='{operation['operationId']}'" in answer.text


async def test_the_document_is_open_to_everybody(admin: httpx.AsyncClient) -> None:
    """It holds no secret: no token, no key."""
    del admin.headers["authorization"]
    text = (await admin.get("/openapi.json")).text + (await admin.get("/docs")).text
    assert "demo-" not in text
