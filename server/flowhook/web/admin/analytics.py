"""Analytics: the records of inputs, in pages or as a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json
from quart import Response

from flowhook.errors import ApiError
from flowhook.model.inbound import JsonObject
from flowhook.runtime.observe.analytics_csv import csv_line, header_line
from flowhook.runtime.observe.analytics_report import AnalyticsReport
from flowhook.runtime.observe.analytics_view import shown_record
from flowhook.storage.records import AnalyticsRecord
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.core.operation import Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

PIECE = 500  #: records that are read at a time for a stream


def analytics_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/api/analytics``."""
    routes = AdminRoutes("analytics", "analytics", application, guard)
    routes.add(
        "GET /api/analytics", list_analytics, "One record of each input, oldest first.", role="reader",
        description="All that there is, as a stream; with `limit` a page and where the `next` begins. "
        "`from` and `to` are RFC 3339 or dates, in the time zone of the project; a date as `to` is "
        "counted in. CSV is always a stream; what a spreadsheet would take for a formula is text in it.",
        query=(
            Parameter("from", "Inputs that came then or later."),
            Parameter("to", "Inputs that came before that."),
            Parameter("endpoint", "Of this endpoint."),
            Parameter("tests", "1: those of test messages, too.", at_most=1),
            Parameter("format", "json, unless you say otherwise.", choices=("json", "csv")),
            Parameter("limit", "How many of a page.", at_most=1000),
            Parameter("after", "The `next` of the page before."),
        ),
        response="Analytics", errors={400: "invalid_parameter"},
    )  # fmt: skip
    routes.add(
        "GET /api/analytics/report", show_report, "What `flowhook analytics report` sums up.", role="reader",
        query=(
            Parameter("from", "Inputs that came then or later."),
            Parameter("to", "Inputs that came before that; a date is counted in."),
            Parameter("endpoint", "Of this endpoint."),
            Parameter("tests", "1: those of test messages, too.", at_most=1),
            Parameter("top", "Entries of each list.", at_most=1000, default=10),
        ),
        response="Object", errors={400: "invalid_parameter"},
    )  # fmt: skip
    return routes


async def show_report(application: Application, request: AdminRequest) -> Any:
    report = AnalyticsReport(application.config.zone)
    async for record in _records(application, request).all():
        report.add(record)
    return report.result(request.query["top"])


async def list_analytics(application: Application, request: AdminRequest) -> Any:
    query = request.query
    found = _records(application, request, _place(query["after"]))
    if query["format"] == "csv":
        return _stream(_as_csv(found), "text/csv; charset=utf-8")
    if query["limit"] is None:
        return _stream(_as_json(found), "application/json")
    page = await found.page(query["limit"])
    full = len(page) == query["limit"]
    return {
        "records": [shown_record(row) for row in page],
        "next": f"{page[-1].at!r}~{page[-1].row}" if full else None,
    }


def _records(
    application: Application, request: AdminRequest, after: tuple[float, int] | None = None
) -> _Records:
    query, zone = request.query, application.config.zone
    return _Records(
        application,
        _moment("from", query["from"], zone),
        _moment("to", query["to"], zone, counted_in=True),
        query["endpoint"],
        bool(query["tests"]),
        after,
    )


class _Records:
    """What a request asks for, a piece at a time."""

    def __init__(
        self,
        application: Application,
        since: float | None,
        until: float | None,
        endpoint: str | None,
        tests: bool,
        after: tuple[float, int] | None,
    ) -> None:
        self._store = application.store.analytics
        self._asked = (since, until, endpoint, tests)
        self._after = after

    async def page(self, limit: int) -> list[AnalyticsRecord]:
        """The next ones, or none."""
        rows = await self._store.find(*self._asked, limit, self._after)
        if rows:
            self._after = (rows[-1].at, rows[-1].row)
        return rows

    async def all(self) -> AsyncIterator[JsonObject]:
        """Each record."""
        while rows := await self.page(PIECE):
            for row in rows:
                yield shown_record(row)


async def _as_json(records: _Records) -> AsyncIterator[bytes]:
    separator = b'{"records": ['
    async for record in records.all():
        yield separator + to_json(record)
        separator = b",\n"
    yield b'], "next": null}' if separator == b",\n" else separator + b'], "next": null}'


async def _as_csv(records: _Records) -> AsyncIterator[bytes]:
    yield header_line().encode()
    async for record in records.all():
        yield csv_line(record).encode()


def _stream(pieces: AsyncIterator[bytes], content_type: str) -> Response:
    response = Response(pieces, content_type=content_type)
    response.timeout = None  # however much there is
    return response


def _moment(name: str, given: str | None, zone: tzinfo, *, counted_in: bool = False) -> float | None:
    """POSIX seconds of a time or a date. ``counted_in``: of a date its end."""
    if given is None:
        return None
    try:
        at = datetime.fromisoformat(given)
        if at.tzinfo is None:
            at = at.replace(tzinfo=zone)
        if counted_in and len(given) == len("2026-11-30"):
            at += timedelta(days=1)
        return at.timestamp()
    except (ValueError, OverflowError):
        message = "must be a date or a time as 2026-11-30 or 2026-11-30T12:00:00Z"
        errors = [{"field": name, "message": message}]
        raise ApiError(400, "invalid_parameter", f"{name} {message}.", errors=errors) from None


def _place(after: str | None) -> tuple[float, int] | None:
    if after is None:
        return None
    at, mark, row = after.partition("~")
    try:
        if not mark or len(row) > 18:
            raise ValueError
        return float(at), int(row)
    except ValueError:
        raise ApiError(400, "invalid_parameter", "after is not a place in this list.") from None
