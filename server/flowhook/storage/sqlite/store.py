"""The store in a SQLite file: its parts, put together. What each statement does stands in the module of
its subject."""

from __future__ import annotations

from flowhook.storage.cached_counts import CachedCounts
from flowhook.storage.ownership import SoleOwnership
from flowhook.storage.protocols import Cluster
from flowhook.storage.records import Waiting
from flowhook.storage.sqlite.analytics import SqliteAnalytics
from flowhook.storage.sqlite.api_keys import SqliteApiKeys
from flowhook.storage.sqlite.audit import SqliteAudit
from flowhook.storage.sqlite.callbacks import SqliteCallbacks
from flowhook.storage.sqlite.counts import read_counts, read_waiting
from flowhook.storage.sqlite.database import Database
from flowhook.storage.sqlite.handovers import SqliteHandovers
from flowhook.storage.sqlite.inbox import SqliteInbox
from flowhook.storage.sqlite.outbox import SqliteOutbox
from flowhook.storage.sqlite.plugin_data import SqlitePluginData
from flowhook.storage.sqlite.profiles import SqliteProfiles
from flowhook.storage.sqlite.receipts import SqliteReceipts
from flowhook.storage.sqlite.retention import SqliteRetention
from flowhook.storage.sqlite.sessions import SqliteSessions
from flowhook.storage.sqlite.settings import SqliteSettings
from flowhook.storage.sqlite.settlements import Settlements
from flowhook.storage.sqlite.steps import SqliteSteps
from flowhook.storage.sqlite.timers import SqliteTimers
from flowhook.storage.sqlite.traces import SqliteTraces
from flowhook.storage.sqlite.transcripts import SqliteTranscripts
from flowhook.storage.sqlite.turns import SqliteTurns
from flowhook.storage.sqlite.versions import SqliteVersions


class SqliteStore:
    """See :class:`flowhook.storage.protocols.Store`."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ownership = SoleOwnership()
        self.cluster: Cluster | None = None
        self.inbox = SqliteInbox(database)
        self.receipts = SqliteReceipts(database)
        self.turns = SqliteTurns(database)
        self.steps = SqliteSteps(database)
        self.outbox = SqliteOutbox(database, Settlements())
        self.timers = SqliteTimers(database)
        self.callbacks = SqliteCallbacks(database)
        self.handovers = SqliteHandovers(database)
        self.sessions = SqliteSessions(database)
        self.transcripts = SqliteTranscripts(database)
        self.traces = SqliteTraces(database)
        self.analytics = SqliteAnalytics(database)
        self.profiles = SqliteProfiles(database)
        self.plugin_data = SqlitePluginData(database)
        self.settings = SqliteSettings(database)
        self.api_keys = SqliteApiKeys(database)
        self.audit = SqliteAudit(database)
        self.versions = SqliteVersions(database)
        self.retention = SqliteRetention(database)
        self._counts = CachedCounts(self._read_counts)
        self._waiting = CachedCounts(self._read_waiting)

    @property
    def waiting_jobs(self) -> int:
        """Transactions that the writer has not taken up yet."""
        return self.database.writer.waiting

    async def open(self) -> None:
        """Raises StorageError."""
        await self.database.open()

    async def close(self) -> None:
        """Finish what was handed in, and close."""
        await self.database.close()

    async def settled(self) -> None:
        """Return when all that was asked before is done."""
        await self.database.settled()

    async def check(self) -> None:
        """Raises StorageError when messages cannot be kept."""
        await self.database.check()

    async def counts(self) -> dict[str, int]:
        """How much there is, by name."""
        return await self._counts.get()

    async def _read_counts(self) -> dict[str, int]:
        return await self.database.listings.run(read_counts)

    async def waiting(self) -> list[Waiting]:
        """What waits, by endpoint."""
        return await self._waiting.get()

    async def _read_waiting(self) -> list[Waiting]:
        return await self.database.listings.run(read_waiting)
