"""The studio: what its pages need beyond administration, and the pages (``pages/``, ``static/``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowhook.runtime.application import Application
    from flowhook.studio.routes import StudioState
    from flowhook.web.admin.auth import AdminGuard
    from flowhook.web.admin.routes import AdminRoutes, Extension


def studio_routes(*, reloads: bool) -> Extension:
    """Return what brings the routes of the studio. ``reloads``: saved files take effect, so that pages
    may edit where ``studio.edit`` is ``auto``. What they stand on is imported with the first request."""

    state: StudioState | None = None

    def extension(application: Application, guard: AdminGuard) -> AdminRoutes:
        from flowhook.studio.routes import StudioState, routes_of

        nonlocal state
        if state is None:
            state = StudioState(application)
        return routes_of(application, guard, state, reloads=reloads)

    return extension
