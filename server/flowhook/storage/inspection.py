"""What must hold in a database, however it came about: by queries that both databases understand, and what
is told of them. A rule is broken by a bug, by damage, or by somebody who changed rows by hand."""

from __future__ import annotations

from dataclasses import dataclass, field

UNUSABLE = frozenset({"integrity", "schema", "unfinished-copy"})  #: rules without which nothing else holds
EXAMPLES = 3  #: sessions that are named for a rule


@dataclass(frozen=True, slots=True)
class Rule:
    """``query`` finds the sessions (endpoint, user id, session id) that break it."""

    name: str
    sentence: str
    query: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong: the name of the rule, a sentence, how often, and some of the sessions."""

    rule: str
    sentence: str
    count: int = 1
    examples: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in a database. ``is_judged`` is false where the rules could not be asked: its schema is
    an older one, which the next start changes, or it is damaged."""

    database: str  #: a file, or a URL without its password
    schema: int
    newest: int  #: the schema that this version makes
    is_judged: bool
    sessions: int
    pending: int  #: deliveries
    findings: list[Finding]

    @property
    def is_usable(self) -> bool:
        """Whether a server can open it: its pages are sound, and it is neither newer nor half a copy."""
        return not any(finding.rule in UNUSABLE for finding in self.findings)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


# What was resolved may have been swept from between older ones that stay; from the first that waits on,
# nothing may be missing. Deliveries that were sent again by hand wait beside the others and have no order. A
# flag is a number in SQLite: {yes} and {no} ask for it.
_RULES = (
    Rule(
        "backlog",
        "the backlog of a session is not the number of messages that wait",
        """SELECT {names} FROM sessions AS s WHERE s.backlog <>
        (SELECT count(*) FROM inbox AS i WHERE {inbox} AND i.status = 'queued')""",
    ),
    Rule(
        "inbox-sequence",
        "a sequence number of the inbox is missing, or was given before its time",
        """SELECT {names} FROM sessions AS s
        WHERE EXISTS (SELECT 1 FROM inbox AS i WHERE {inbox} AND i.seq >= s.next_in)
        OR s.next_in - (SELECT min(i.seq) FROM inbox AS i WHERE {inbox} AND i.status = 'queued') <>
          (SELECT count(*) FROM inbox AS i WHERE {inbox} AND i.seq >=
            (SELECT min(i.seq) FROM inbox AS i WHERE {inbox} AND i.status = 'queued'))""",
    ),
    Rule(
        "outbox-sequence",
        "a sequence number of the outbox is missing, or was given before its time",
        """SELECT {names} FROM sessions AS s
        WHERE EXISTS (SELECT 1 FROM outbox AS o WHERE {outbox} AND o.seq >= s.next_out)
        OR s.next_out - (SELECT min(o.seq) FROM outbox AS o WHERE {outbox} AND {waits}) <>
          (SELECT count(*) FROM outbox AS o WHERE {outbox} AND o.seq >=
            (SELECT min(o.seq) FROM outbox AS o WHERE {outbox} AND {waits}))""",
    ),
    Rule(
        "one-head",
        "a session whose deliveries wait has no head, or several",
        """SELECT {names} FROM sessions AS s
        WHERE (SELECT count(*) FROM outbox AS o WHERE {outbox} AND {waits} AND o.head{yes}) <>
          (SELECT least_one.n FROM (SELECT CASE WHEN count(*) > 0 THEN 1 ELSE 0 END AS n
            FROM outbox AS o WHERE {outbox} AND {waits}) AS least_one)""",
    ),
    Rule(
        "oldest-head",
        "the head of a session is not its oldest delivery that waits",
        """SELECT {names} FROM sessions AS s WHERE EXISTS (SELECT 1 FROM outbox AS o
        WHERE {outbox} AND {waits} AND o.head{yes} AND o.seq <>
          (SELECT min(o.seq) FROM outbox AS o WHERE {outbox} AND {waits}))""",
    ),
    Rule(
        "resolved-head",
        "a delivery that is resolved is still a head",
        """SELECT {names} FROM sessions AS s WHERE EXISTS
        (SELECT 1 FROM outbox AS o WHERE {outbox} AND o.head{yes} AND o.status <> 'pending')""",
    ),
    Rule(
        "orphans",
        "what waits belongs to no session",
        """SELECT o.endpoint, '?', '?' FROM outbox AS o WHERE o.status = 'pending' AND NOT EXISTS
          (SELECT 1 FROM sessions AS s WHERE s.shard = o.shard AND s.session = o.session)
        UNION ALL SELECT '?', '?', '?' FROM inbox AS i WHERE i.status = 'queued' AND NOT EXISTS
          (SELECT 1 FROM sessions AS s WHERE s.shard = i.shard AND s.session = i.session)""",
    ),
    Rule(
        "handover",
        "a conversation is with people twice",
        """SELECT {names} FROM sessions AS s WHERE 1 <
        (SELECT count(*) FROM handovers AS h WHERE h.shard = s.shard AND h.session = s.session
          AND h.status <> 'closed')""",
    ),
)

SESSIONS = "SELECT count(*) FROM sessions WHERE created_at IS NOT NULL"
PENDING = "SELECT count(*) FROM outbox WHERE status = 'pending'"


def rules(yes: str, no: str) -> list[Rule]:
    """What must hold, with how the database asks whether a flag is set or not: what follows its name."""
    parts = {
        "names": "s.endpoint, s.user_id, s.session_id",
        "inbox": "i.shard = s.shard AND i.session = s.session",
        "outbox": "o.shard = s.shard AND o.session = s.session",
        "waits": f"o.status = 'pending' AND o.replay{no}",
        "yes": yes,
    }
    return [Rule(rule.name, rule.sentence, rule.query.format(**parts)) for rule in _RULES]


def judged(rule: Rule, broken: list[tuple[str, str, str]]) -> list[Finding]:
    """What is told when sessions break a rule; nothing when none does."""
    if not broken:
        return []
    return [Finding(rule.name, rule.sentence, len(broken), [" ".join(names) for names in broken[:EXAMPLES]])]


def miscounted(counted: int, sessions: int) -> list[Finding]:
    """What is told when the kept number of sessions is not how many there are."""
    if counted == sessions:
        return []
    return [Finding("session-count", f"{counted} sessions are counted, and {sessions} are there")]


def unfinished_copy(is_one: bool) -> list[Finding]:
    """What is told of a database into which a copy goes, or went until it was interrupted."""
    return [Finding("unfinished-copy", "a copy into it is not finished")] if is_one else []
