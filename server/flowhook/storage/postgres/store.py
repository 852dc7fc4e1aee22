"""The store in a PostgreSQL database: its parts, put together. What each statement does stands in the module
of its subject."""

from __future__ import annotations

from flowhook.storage.cached_counts import CachedCounts
from flowhook.storage.postgres.analytics import PostgresAnalytics
from flowhook.storage.postgres.api_keys import PostgresApiKeys
from flowhook.storage.postgres.audit import PostgresAudit
from flowhook.storage.postgres.callbacks import PostgresCallbacks
from flowhook.storage.postgres.cluster import PostgresCluster
from flowhook.storage.postgres.counts import read_counts, read_waiting
from flowhook.storage.postgres.database import Database
from flowhook.storage.postgres.handovers import PostgresHandovers
from flowhook.storage.postgres.inbox import PostgresInbox
from flowhook.storage.postgres.outbox import PostgresOutbox
from flowhook.storage.postgres.plugin_data import PostgresPluginData
from flowhook.storage.postgres.profiles import PostgresProfiles
from flowhook.storage.postgres.receipts import PostgresReceipts
from flowhook.storage.postgres.retention import PostgresRetention
from flowhook.storage.postgres.sessions import PostgresSessions
from flowhook.storage.postgres.settings import PostgresSettings
from flowhook.storage.postgres.steps import PostgresSteps
from flowhook.storage.postgres.timers import PostgresTimers
from flowhook.storage.postgres.traces import PostgresTraces
from flowhook.storage.postgres.transcripts import PostgresTranscripts
from flowhook.storage.postgres.turns import PostgresTurns
from flowhook.storage.postgres.versions import PostgresVersions
from flowhook.storage.records import Waiting


class PostgresStore:
    """See :class:`flowhook.storage.protocols.Store`."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ownership = database.ownership
        self.cluster = PostgresCluster(database)
        self.inbox = PostgresInbox(database)
        self.receipts = PostgresReceipts(database)
        self.turns = PostgresTurns(database)
        self.steps = PostgresSteps(database)
        self.outbox = PostgresOutbox(database)
        self.timers = PostgresTimers(database)
        self.callbacks = PostgresCallbacks(database)
        self.handovers = PostgresHandovers(database)
        self.sessions = PostgresSessions(database)
        self.transcripts = PostgresTranscripts(database)
        self.traces = PostgresTraces(database)
        self.analytics = PostgresAnalytics(database)
        self.profiles = PostgresProfiles(database)
        self.plugin_data = PostgresPluginData(database)
        self.settings = PostgresSettings(database)
        self.api_keys = PostgresApiKeys(database)
        self.audit = PostgresAudit(database)
        self.versions = PostgresVersions(database)
        self.retention = PostgresRetention(database)
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
