"""The static files of the pages: built from TypeScript, sent with headers under which nothing else runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flowhook.errors import ApiError
from flowhook.ids import new_token
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.core.http import NO_STORE, HttpResponse
from flowhook.web.page_files import STATIC

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

#: Pages load from this server alone, talk to it alone, and are shown inside no other page. The editor makes
#: its styles by script; they carry a word that is new with each page.
POLICY = (
    b"default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    b"object-src 'none'"
)
_NAME = re.compile(r"[a-z0-9_-]+(-[A-Z0-9]{8})?\.(js|css|svg|txt)")
_TYPES = {
    "html": b"text/html; charset=utf-8",
    "js": b"text/javascript; charset=utf-8",
    "css": b"text/css; charset=utf-8",
    "svg": b"image/svg+xml",
    "txt": b"text/plain; charset=utf-8",
}
_FOREVER = (b"cache-control", b"public, max-age=31536000, immutable")


def page_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/studio``, ``/desk`` and of the files of both."""
    routes = AdminRoutes("pages", "pages", application, guard)
    routes.add(
        "GET /studio", show_studio, "The studio, in a browser.", role="anyone", response="Html",
        errors={404: "not_found", 503: "not_built"},
    )  # fmt: skip
    routes.add(
        "GET /desk", show_desk, "The desk, where people answer, in a browser.", role="anyone",
        response="Html", errors={404: "not_found", 503: "not_built"},
    )  # fmt: skip
    routes.add(
        "GET /studio/{file}", show_file, "A script or a style of the pages.", role="anyone", response="Text",
        errors={404: "not_found"},
    )  # fmt: skip
    return routes


async def show_studio(application: Application, request: AdminRequest) -> Any:
    """The page itself; the names of what it loads change with their content."""
    return show_page(application, "studio.html")


async def show_desk(application: Application, request: AdminRequest) -> Any:
    """The page of those who answer."""
    frames = {
        origin
        for endpoint in application.config.endpoints
        if endpoint.copilot is not None
        for origin in endpoint.copilot.frames
    }
    return show_page(application, "desk.html", sorted(frames))


async def show_file(application: Application, request: AdminRequest) -> Any:
    name = request.path["file"]
    found = _NAME.fullmatch(name)
    if found is None or not application.config.studio.enabled:
        raise ApiError(404, "not_found", "There is nothing here.")
    try:
        body = (STATIC / name).read_bytes()
    except OSError:
        raise ApiError(404, "not_found", "There is nothing here.") from None
    return _file(found[2], body, _FOREVER if found[1] else NO_STORE)


def show_page(
    application: Application, name: str, frames: Sequence[str] = (), embed_in: Sequence[str] = ()
) -> HttpResponse:
    """Return a page under its policy. ``frames``: the origins whose pages it may show inside; ``embed_in``:
    those that may show it in theirs."""
    if not application.config.studio.enabled:
        raise ApiError(404, "not_found", "The pages are switched off: studio.enabled.")
    try:
        body = (STATIC / name).read_bytes()
    except OSError:
        detail = "The pages are not built here: run `make studio` in the checkout, once."
        raise ApiError(503, "not_built", detail) from None
    nonce = new_token()[:24].encode()
    policy = POLICY + b"; style-src 'self' 'nonce-%s'" % nonce
    if embed_in:
        ancestors = b"frame-ancestors " + " ".join(embed_in).encode("ascii")
        policy = policy.replace(b"frame-ancestors 'none'", ancestors)
    if frames:
        policy += b"; frame-src " + " ".join(frames).encode("ascii")
    return _file("html", body.replace(b"NONCE", nonce), NO_STORE, policy)


def _file(ending: str, body: bytes, caching: tuple[bytes, bytes], policy: bytes = POLICY) -> HttpResponse:
    headers = [
        (b"content-type", _TYPES[ending]),
        (b"content-length", b"%d" % len(body)),
        (b"content-security-policy", policy),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        caching,
    ]
    return HttpResponse(200, headers, body)
