"""Who changed what through administration."""

from __future__ import annotations

import sqlite3
from typing import Any

from pydantic_core import from_json, to_json

from flowhook.storage.records import AuditFilter, AuditRow
from flowhook.storage.sqlite.part import Part, lists, writes

ADD = """
INSERT INTO audit (at, who, role, action, subject, endpoint, user_id, session_id, before, after)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
NEWEST = """
SELECT at, who, role, action, subject, endpoint, user_id, session_id, before, after, row FROM audit
WHERE row < :before
  AND (:who IS NULL OR who = :who)
  AND (:action IS NULL OR action = :action OR substr(action, 1, length(:action) + 1) = :action || '.')
  AND (:endpoint IS NULL OR endpoint = :endpoint)
  AND (:user_id IS NULL OR user_id = :user_id)
  AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
ORDER BY row DESC LIMIT :limit
"""
# What was done stays; of whom it tells does not.
_ERASE = """
UPDATE audit SET subject = 'erased', user_id = NULL, session_id = NULL, before = NULL, after = NULL
"""
ERASE_OF_USER = f"{_ERASE} WHERE user_id = ?"
ERASE_OF_SESSION = f"{_ERASE} WHERE endpoint = ? AND user_id = ? AND session_id = ?"

LAST = 2**63 - 1


class SqliteAudit(Part):
    """See :class:`flowhook.storage.protocols.Audit`."""

    @writes()
    def add(self, db: sqlite3.Connection, row: AuditRow) -> None:
        """Its ``row`` is given by the database."""
        before, after = (None if value is None else to_json(value) for value in (row.before, row.after))
        names = (row.endpoint, row.user_id, row.session_id)
        db.execute(ADD, (row.at, row.who, row.role, row.action, row.subject, *names, before, after))

    @lists
    def find(
        self, db: sqlite3.Connection, wanted: AuditFilter, limit: int = 50, before: int | None = None
    ) -> list[AuditRow]:
        """A page."""
        values = {
            "before": LAST if before is None else before, "limit": limit, "who": wanted.who,
            "action": wanted.action, "endpoint": wanted.endpoint, "user_id": wanted.user_id,
            "since": wanted.since, "until": wanted.until,
        }  # fmt: skip
        return [_audit_row(row) for row in db.execute(NEWEST, values).fetchall()]


def _audit_row(row: tuple[Any, ...]) -> AuditRow:
    at, who, role, action, subject, endpoint, user_id, session_id, before, after, number = row
    before, after = (None if value is None else from_json(value) for value in (before, after))
    return AuditRow(
        at, who, role, action, subject, endpoint, user_id, session_id, before, after, number
    )  # fmt: skip
