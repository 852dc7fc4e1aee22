"""What an author sees of conversations: those of tests. People's are the readers'."""

from __future__ import annotations

from flowhook.model.roles import permits
from flowhook.web.admin.routes import AdminRequest


def sees_all(request: AdminRequest) -> bool:
    """Return whether the caller may see conversations of people."""
    return permits(request.caller.role, ("reader",))
