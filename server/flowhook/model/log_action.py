"""What a line of the log is about, for operators who search or count lines: ``action=poll_failed``."""

from __future__ import annotations

from enum import StrEnum


class LogAction(StrEnum):
    """The actions. Every line that the server logs names one."""

    LISTENING = "listening"
    CONFIG_WARNING = "config_warning"  #: the configuration can be used, and is likely not what is meant
    OUTGOING_ALLOWED = "outgoing_allow"  #: private addresses that calls may reach
    RELOAD_FAILED = "reload_failed"
    ROUTES_REFUSED = "routes_refused"  #: the routes of plugins cannot be used
    SNAPSHOT_DIFFERS = "snapshot_differs"  #: a plugin is not the one with which a snapshot was taken
    VERSION_UNUSABLE = "version_unusable"  #: a version that sessions keep does not load any more
    TASK_FAILED = "task_failed"  #: work beside the server raised

    REQUEST_FAILED = "request_failed"  #: an HTTP request ended in a 500 or 503
    NOT_READY = "not_ready"
    ADMIN_KEY_GUESSED = "admin_key_guessed"
    ADMIN_KEY_READABLE = "admin_key_readable"  #: its file has rights for others
    CONNECTION_REFUSED = "connection_refused"  #: for want of room

    SUSPECT = "suspect"  #: a turn during which the process died runs again, alone
    TURN_FAILED = "turn_failed"  #: the flow failed, which is the author's to mend
    TURN_RAISED = "turn_broke"
    TURN_DELAYED = "turn_waits"  #: the store refused the write
    TURN_NOT_RESTORED = "not_restored"
    NODE_RAISED = "node_broke"
    EFFECT_FAILED = "need_failed"
    WORKER_FAILED = "runner_failed"
    TIMERS_FAILED = "timers_failed"
    FLOW = "flow"  #: what a node of the flow says to the operator
    PLUGIN_FAILED = "plugin_failed"
    EVENTS_LOST = "events_lost"  #: a listener is too slow for the events that come
    STOP_FORCED = "stop_forced"  #: something would not end, so the process was ended
    PLUGIN_KEY_IGNORED = "plugin_key_ignored"
    THREADS_BUSY = "threads_busy"  #: the plain hooks of a plugin wait for one another

    ATTEMPT_UNRECORDED = "unrecorded"
    OUTPUT_FAILED = "output_failed"
    OUTPUT_NOT_CLOSED = "close_failed"
    ENDPOINT_PAUSED = "endpoint_paused"
    EVENT_WEBHOOK_FAILING = "event_webhook_failing"  #: the first failure since an event was taken
    CHECK_FAILED = "check_failed"
    DELIVERY_FAILING = "delivery_failing"  #: the first failure of an endpoint since a delivery was taken
    POLL_FAILED = "poll_failed"

    HANDOVER_FAILED = "handover_failed"  #: a provider could not be reached, or did not do what it is for

    STORAGE_UNKNOWN = "storage_unknown"  #: whether a commit was written is not known
    STORAGE_NEW = "storage_new"  #: the database file was gone
    WORKERS = "workers"  #: the workers behind one socket serve, or were replaced
    WORKER_ENDED = "worker_ended"  #: one of them ended without being asked; another one takes its place
    STORAGE_LEASES = "storage_leases"  #: which sessions are this process's has changed, or cannot be told
    STORAGE_CLOCK = "storage_clock"  #: the database's clock differs from the machine's
    STORAGE_RESTORED = "storage_restored"  #: the database file is a copy or a backup
    MODELS_NOT_SHARED = "models_not_shared"  #: learned intents of other processes, or for them
    SWEEP_FAILED = "sweep_failed"
    SLOW = "slow"  #: something takes long: loading, a startup, an open()
