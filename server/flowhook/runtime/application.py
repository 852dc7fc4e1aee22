"""The application: every part of a running server by its name, for the web room and administration.

The parts themselves take what they need as constructor arguments; none of them takes this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flowhook.clock import Clock
from flowhook.config import Config
from flowhook.runtime.background import BackgroundTasks
from flowhook.runtime.config_admin import ConfigAdmin
from flowhook.runtime.delivery.delivery_admin import DeliveryAdmin
from flowhook.runtime.delivery.dispatcher import Dispatcher
from flowhook.runtime.delivery.operator_events import OperatorEvents
from flowhook.runtime.handover.copilot import Copilot
from flowhook.runtime.handover.desk import HandoverDesk
from flowhook.runtime.handover.dispatcher import HandoverDispatcher
from flowhook.runtime.handover.events import HandoverIntake
from flowhook.runtime.handover.queue_places import QueuePlaces
from flowhook.runtime.handover.silence import SilenceWatch
from flowhook.runtime.intake.intake import Intake
from flowhook.runtime.intake.receipts import Receipts
from flowhook.runtime.intake.shared_limits import SharedLimits
from flowhook.runtime.intake.task_results import TaskResults
from flowhook.runtime.observe.crash_guard import CrashGuard
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.runtime.observe.metrics import Metrics
from flowhook.runtime.package_admin import PackageAdmin
from flowhook.runtime.peers import Peers
from flowhook.runtime.plugin_events import PluginEvents
from flowhook.runtime.plugin_lifecycle import PluginLifecycle
from flowhook.runtime.profile_admin import ProfileAdmin
from flowhook.runtime.project.api_keys import ApiKeys
from flowhook.runtime.project.current import CurrentProject
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.runtime.project.project import Project
from flowhook.runtime.project.versions import VersionedProjects
from flowhook.runtime.reload import Reloaded, Reloader
from flowhook.runtime.session_admin import SessionAdmin
from flowhook.runtime.snapshot_admin import SnapshotAdmin
from flowhook.runtime.turns.callback_urls import CallbackUrls
from flowhook.runtime.turns.event_webhooks import EventWebhooks
from flowhook.runtime.turns.profile_cache import ProfileCache
from flowhook.runtime.turns.scheduler import TurnScheduler
from flowhook.runtime.turns.timers import Timers
from flowhook.runtime.user_data import UserData
from flowhook.runtime.verification import Verifier
from flowhook.storage.protocols import Store


@dataclass(slots=True)
class Application:
    """Made by :func:`flowhook.app.open_application`, closed in the reverse order."""

    config: Config
    clock: Clock
    store: Store
    metrics: Metrics
    events: EventBus
    endpoints: Endpoints
    keys: ApiKeys
    current: CurrentProject
    projects: VersionedProjects
    admin_key: str
    dispatcher: Dispatcher
    event_webhooks: EventWebhooks
    operator_events: OperatorEvents
    verifier: Verifier
    deliveries: DeliveryAdmin
    timers: Timers
    turns: TurnScheduler
    intake: Intake
    receipts: Receipts
    task_results: TaskResults
    callback_urls: CallbackUrls
    profiles: ProfileCache
    users: UserData
    profile_admin: ProfileAdmin
    sessions: SessionAdmin
    snapshots: SnapshotAdmin
    packages: PackageAdmin
    plugins: PluginLifecycle
    plugin_events: PluginEvents
    reloader: Reloader
    configuration: ConfigAdmin
    crash_guard: CrashGuard
    handover_intake: HandoverIntake
    handover_dispatcher: HandoverDispatcher
    silence: SilenceWatch
    queue_places: QueuePlaces
    copilot: Copilot
    desk: HandoverDesk
    tasks: BackgroundTasks
    limits: SharedLimits
    peers: Peers
    state: Literal["starting", "ready", "stopping"] = "starting"

    @property
    def project(self) -> Project:
        """Flows and plugins in force; replaced as a whole by a reload."""
        return self.current.project

    async def reload(self, *, alone: bool = False) -> Reloaded:
        """Read configuration, flows and plugins anew, all or nothing; other processes on the store follow,
        unless ``alone``. Returns the problems found, and what changed."""
        return await self.reloader.reload(alone=alone)
