"""The studio: what its pages need beyond administration, and the pages (``pages/``, ``static/``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowhook.runtime.application import Application
    from flowhook.studio.routes import Lasting
    from flowhook.web.admin.auth import AdminGuard
    from flowhook.web.admin.routes import AdminRoutes, Extension


def studio_routes(*, reloads: bool) -> Extension:
    """Return what brings the routes of the studio. ``reloads``: saved files take effect, so that pages
    may edit where ``studio.edit`` is ``auto``. What they stand on is imported with the first request."""

    lasting: Lasting | None = None

    def extension(application: Application, guard: AdminGuard) -> AdminRoutes:
        from flowhook.studio.routes import Lasting, routes_of

        nonlocal lasting
        if lasting is None:
            lasting = Lasting(application)
        return routes_of(application, guard, lasting, reloads=reloads)

    return extension
