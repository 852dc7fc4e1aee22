"""Every code of a problem, with its severity. Each has a page in docs/problems."""

from __future__ import annotations

from typing import Literal, NewType

Severity = Literal["error", "warning"]
Code = NewType("Code", str)

PROBLEMS: dict[Code, Severity] = {}  #: the severity of each code; a milder case of an error may warn instead


def _error(name: str) -> Code:
    code = Code(name)
    PROBLEMS[code] = "error"
    return code


def _warning(name: str) -> Code:
    code = Code(name)
    PROBLEMS[code] = "warning"
    return code


# YAML
YAML_SYNTAX = _error("yaml-syntax")
LOST_TEXT = _warning("lost-text")
DUPLICATE_KEY = _error("duplicate-key")
BAD_KEY = _error("bad-key")
UNKNOWN_ALIAS = _error("unknown-alias")
BAD_ALIAS = _error("bad-alias")
SEVERAL_DOCUMENTS = _error("several-documents")
TOO_LARGE = _error("too-large")
TOO_DEEP = _error("too-deep")
UNREADABLE = _error("unreadable")
NO_FLOWS = _error("no-flows")

# Keys and values
MISSING = _error("missing")
UNKNOWN_KEY = _error("unknown-key")
BAD_VALUE = _error("bad-value")
NOT_AVAILABLE_YET = _error("not-available-yet")
DUPLICATE = _error("duplicate")

# Nodes and branches
BAD_NODE = _error("bad-node")
NO_NODE_TYPE = _error("no-node-type")
TWO_NODE_TYPES = _error("two-node-types")
UNKNOWN_NODE_TYPE = _error("unknown-node-type")
BAD_ID = _error("bad-id")
DUPLICATE_ID = _error("duplicate-id")
WAIT_WITHOUT_ID = _error("wait-without-id")
MEMORY_WITHOUT_ID = _warning("memory-without-id")
IDLE_BRANCH = _warning("idle-branch")
BAD_BRANCH = _error("bad-branch")
EQUAL_CASES = _error("equal-cases")
CASE_NEVER_MATCHES = _warning("case-never-matches")
NO_BRANCHES = _warning("no-branches")
BAD_PATTERN = _error("bad-pattern")
GREEDY_OFFER = _warning("greedy-offer")
IDLE_SETTING = _warning("idle-setting")
BARE_DURATION = _warning("bare-duration")
VALID_IF_WITHOUT_ANSWER = _warning("valid-if-without-answer")
CONFIRM_WITHOUT_TEXT = _warning("confirm-without-text")
SLOT_NOT_ASKED = _warning("slot-not-asked")
URL_BESIDE_CONNECTION = _warning("url-beside-connection")
PATTERN_WITHOUT_SLASHES = _warning("pattern-without-slashes")
SLASHES_IN_PATTERN = _warning("slashes-in-pattern")
OVERWRITTEN_ANSWER = _warning("overwritten-answer")
UNREAD_ANSWER = _warning("unread-answer")
QUESTION_NOT_ASKED = _warning("question-not-asked")
UNREAD_QUICK_REPLY = _warning("unread-quick-reply")
CONFLICTING_PATHS = _warning("conflicting-paths")

# References
UNKNOWN_NODE = _error("unknown-node")
UNKNOWN_FLOW = _error("unknown-flow")
UNKNOWN_TIMER = _warning("unknown-timer")
FALLS_INTO_ENTRY = _warning("falls-into-entry")
BODY_ONLY = _warning("body-only")
UNKNOWN_ARG = _warning("unknown-arg")
NEVER_RETURNS = _warning("never-returns")
NOTHING_RETURNED = _warning("nothing-returned")
UNKNOWN_NAME = _error("unknown-name")
UNKNOWN_CONNECTION = _error("unknown-connection")
DUPLICATE_FLOW = _error("duplicate-flow")
FILE_NAME = _warning("file-name")

# Expressions, variables and scripts
BAD_EXPRESSION = _error("bad-expression")
UNSET_VARIABLE = _warning("unset-variable")
READ_TOO_EARLY = _warning("read-too-early")
NEVER_EQUAL = _warning("never-equal")
NOT_A_NUMBER = _warning("not-a-number")
SHOWN_AS_JSON = _warning("shown-as-json")
FILTER_MISUSED = _warning("filter-misused")
DATE_PATTERN = _warning("date-pattern")
TEMPLATE_IN_CONTEXT = _warning("template-in-context")
TEMPLATE_NOT_RENDERED = _warning("template-not-rendered")
MISSING_BRACES = _warning("missing-braces")
LITERAL_ESCAPE = _warning("literal-escape")
SPACE_AROUND_VALUE = _warning("space-around-value")
CONSTANT_CONDITION = _warning("constant-condition")
SINGLE_BRACES = _warning("single-braces")
SET_IN_LOOP = _warning("set-in-loop")
SECRET_IN_FLOW = _warning("secret-in-flow")
BAD_SCRIPT = _error("bad-script")
TEMPLATE_IN_SCRIPT = _warning("template-in-script")
MISSING_EXTRA = _error("missing-extra")

# The graph
UNREACHABLE = _warning("unreachable")
DEAD_END = _warning("dead-end")
LOOP_WITHOUT_WAIT = _warning("loop-without-wait")
ENDLESS_CALL = _warning("endless-call")
CALLER_FORGOTTEN = _warning("caller-forgotten")

# Intents, slots, states and locales
UNKNOWN_INTENT = _error("unknown-intent")
UNKNOWN_STATE = _warning("unknown-state")
UNKNOWN_SLOT = _warning("unknown-slot")
UNKNOWN_LOCALE = _error("unknown-locale")
MISSING_LOCALE = _warning("missing-locale")
OVERLAPPING_INTENTS = _warning("overlapping-intents")
DUPLICATE_EXAMPLE = _warning("duplicate-example")
FEW_EXAMPLES = _warning("few-examples")
EMPTY_INTENT = _warning("empty-intent")
UNREACHABLE_INTENT = _warning("unreachable-intent")
ENTRY_AND_REPLY = _error("entry-and-reply")
INTENT_IN_RULE = _error("intent-in-rule")
INTENT_CIRCLE = _error("intent-circle")
INTENT_DEPTH = _error("intent-depth")
DUPLICATE_VALUE = _warning("duplicate-value")
ATTACH_CIRCLE = _error("attach-circle")
IDLE_ATTACH = _warning("idle-attach")

# The configuration
MISSING_VARIABLE = _error("missing-variable")
WEAK_TOKEN = _error("weak-token")
WEAK_ADMIN_KEY = _error("weak-admin-key")
EXPOSED_KEY = _warning("exposed-key")
BLOCKED_ADDRESS = _warning("blocked-address")
PRIVATE_ADDRESSES = _warning("private-addresses")
UNKNOWN_PLUGIN = _error("unknown-plugin")
UNKNOWN_OUTPUT = _error("unknown-output")
UNKNOWN_NLU = _error("unknown-nlu")
UNKNOWN_TRANSLATOR = _error("unknown-translator")

# Tests
UNKNOWN_ENDPOINT = _error("unknown-endpoint")

# Plugins
PLUGIN_IMPORT = _error("plugin-import")
BAD_PLUGIN_NAME = _error("bad-plugin-name")
UNKNOWN_HOOK = _error("unknown-hook")
UNKNOWN_ARGUMENT = _error("unknown-argument")
BAD_HOOK = _error("bad-hook")
UNMARKED_HOOK = _warning("unmarked-hook")
IDLE_USE = _warning("idle-use")
PLUGIN = _error("plugin")
