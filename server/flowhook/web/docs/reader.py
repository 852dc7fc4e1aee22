"""``/openapi.json`` and ``/docs``: a page that needs nothing from the network, and no script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.core.http import JSON, NO_STORE, HttpResponse
from flowhook.web.core.operation import Operation
from flowhook.web.docs.openapi import openapi_document

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

_POLICY = b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_HTML = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    NO_STORE,
]
_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
details { border: 1px solid #8884; border-radius: .4rem; margin: .4rem 0; padding: .4rem .8rem }
summary { cursor: pointer } summary span { opacity: .75 }
code, pre { font: 14px/1.5 ui-monospace, monospace }
pre { overflow-x: auto; background: #8881; padding: .6rem }
b { display: inline-block; min-width: 4.5rem } table { border-collapse: collapse }
td { padding: .15rem .8rem .15rem 0; vertical-align: top }
"""


def docs_routes(application: Application, guard: AdminGuard, operations: Sequence[Operation]) -> AdminRoutes:
    """The routes of the documentation of ``operations`` and of itself. The document is built once, when
    somebody asks for it."""
    routes = AdminRoutes("docs", "operation", application, guard)

    @cache
    def document() -> dict[str, Any]:
        return openapi_document([*operations, *routes.operations], application.config.server.public_url)

    @cache
    def page() -> bytes:
        return docs_page(document()).encode()

    async def openapi(application: Application, request: AdminRequest) -> Any:
        return HttpResponse(200, [JSON, NO_STORE], to_json(document()))

    async def docs(application: Application, request: AdminRequest) -> Any:
        return HttpResponse(200, _HTML, page())

    routes.add("GET /openapi.json", openapi, "This document.", role="anyone", response="Object")
    routes.add("GET /docs", docs, "This document, for people.", role="anyone", response="Html")
    return routes


def docs_page(document: dict[str, Any]) -> str:
    """The document as one HTML page."""
    info = document["info"]
    title = f"{escape(info['title'])} {escape(info['version'])}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f'<p>{escape(info["description"])} <a href="/openapi.json">openapi.json</a></p>'
        f"{''.join(_sections(document))}</body></html>"
    )


def _sections(document: dict[str, Any]) -> Iterator[str]:
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            by_tag.setdefault(operation["tags"][0], []).append(_operation(path, method, operation, document))
    for tag, operations in by_tag.items():
        yield f"<h2>{escape(tag)}</h2>{''.join(operations)}"
    schemas = document["components"]["schemas"]
    yield "<h2>schemas</h2>" + "".join(_schema(name, schema) for name, schema in schemas.items())


def _operation(path: str, method: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    parts = [f"<p>{escape(operation['description'])}</p>"] if "description" in operation else []
    rows = [
        (parameter["name"], f"{parameter['in']}. {parameter.get('description', '')}")
        for parameter in operation.get("parameters", ())
    ]
    if rows:
        parts.append(f"<h4>Parameters</h4>{_table(rows)}")
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<h4>Body: {escape(kind)}</h4><p>{_link(content['schema'])}</p>")
    parts.append(f"<h4>Example</h4><pre>{escape(_curl(path, method, operation, document))}</pre>")
    responses = [
        f"<tr><td><code>{status}</code></td><td>{escape(response['description'])} "
        f"{' '.join(_link(content['schema']) for content in response.get('content', {}).values())}</td></tr>"
        for status, response in operation["responses"].items()
    ]
    return (
        f"<details id='{escape(operation['operationId'])}'><summary><b>{method.upper()}</b>"
        f"<code>{escape(path)}</code> <span>{escape(operation['summary'])}</span></summary>"
        f"{''.join(parts)}<h4>Answers</h4><table>{''.join(responses)}</table></details>"
    )


def _schema(name: str, schema: dict[str, Any]) -> str:
    text = to_json(schema, indent=2).decode()
    return (
        f"<details id='schema-{escape(name)}'><summary><code>{escape(name)}</code></summary>"
        f"<pre>{escape(text)}</pre></details>"
    )


def _link(schema: dict[str, Any]) -> str:
    name = escape(str(schema.get("$ref", "")).rpartition("/")[2])
    return f"<a href='#schema-{name}'>{name}</a>" if name else ""


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = (f"<tr><td><code>{escape(name)}</code></td><td>{escape(text)}</td></tr>" for name, text in rows)
    return f"<table>{''.join(cells)}</table>"


def _curl(path: str, method: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    words = ["curl"]
    if method != "get":
        words.append(f"-X {method.upper()}")
    if {"admin": []} in operation["security"]:
        words.append('-H "Authorization: Bearer $FLOWHOOK_ADMIN_KEY"')
    if "requestBody" in operation:
        words.append("-H 'Content-Type: application/json'")
        words.append("-d '{…}'")
    words.append(document["servers"][0]["url"] + path)
    return " ".join(words)
