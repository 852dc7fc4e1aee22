"""The studio: what its pages need beyond administration, and the pages (``pages/``, ``static/``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowhook.runtime.application import Application
    from flowhook.web.admin.auth import AdminGuard
    from flowhook.web.admin.routes import AdminRoutes


def studio_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of the studio. What they stand on is imported with the first request to administration."""
    from flowhook.studio.routes import routes_of

    return routes_of(application, guard)
