"""Who changed what through administration."""

from __future__ import annotations

from pydantic_core import from_json, to_json

from flowhook.storage.postgres.connection import Connection, Row
from flowhook.storage.postgres.named import Named
from flowhook.storage.postgres.part import Part, lists, writes
from flowhook.storage.records import AuditFilter, AuditRow

ADD = """
INSERT INTO audit (at, who, role, action, subject, endpoint, user_id, session_id, before, after)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
NEWEST = Named("""
SELECT at, who, role, action, subject, endpoint, user_id, session_id, before, after, row FROM audit
WHERE row < :before
  AND (:who::text IS NULL OR who = :who)
  AND (:action::text IS NULL OR action = :action OR starts_with(action, :action || '.'))
  AND (:endpoint::text IS NULL OR endpoint = :endpoint)
  AND (:user_id::text IS NULL OR user_id = :user_id)
  AND (:since::float8 IS NULL OR at >= :since) AND (:until::float8 IS NULL OR at < :until)
ORDER BY row DESC LIMIT :limit
""")
# What was done stays; of whom it tells does not.
_ERASE = """
UPDATE audit SET subject = 'erased', user_id = NULL, session_id = NULL, before = NULL, after = NULL
"""
ERASE_OF_USER = f"{_ERASE} WHERE user_id = $1"
ERASE_OF_SESSION = f"{_ERASE} WHERE endpoint = $1 AND user_id = $2 AND session_id = $3"

LAST = 2**63 - 1


class PostgresAudit(Part):
    """See :class:`flowhook.storage.protocols.Audit`."""

    @writes()
    async def add(self, db: Connection, row: AuditRow) -> None:
        """Its ``row`` is given by the database."""
        before, after = (None if value is None else to_json(value) for value in (row.before, row.after))
        names = (row.endpoint, row.user_id, row.session_id)
        await db.execute(ADD, row.at, row.who, row.role, row.action, row.subject, *names, before, after)

    @lists
    async def find(
        self, db: Connection, wanted: AuditFilter, limit: int = 50, before: int | None = None
    ) -> list[AuditRow]:
        """A page."""
        values = {
            "before": LAST if before is None else before, "limit": limit, "who": wanted.who,
            "action": wanted.action, "endpoint": wanted.endpoint, "user_id": wanted.user_id,
            "since": wanted.since, "until": wanted.until,
        }  # fmt: skip
        return [_audit_row(row) for row in await db.fetch(*NEWEST(values))]


def _audit_row(row: Row) -> AuditRow:
    at, who, role, action, subject, endpoint, user_id, session_id, before, after, number = row
    before, after = (None if value is None else from_json(value) for value in (before, after))
    return AuditRow(
        at, who, role, action, subject, endpoint, user_id, session_id, before, after, number
    )  # fmt: skip
