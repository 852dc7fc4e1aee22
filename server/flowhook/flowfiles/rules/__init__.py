"""What can be wrong although every file compiles: rules about graphs, names and other flows.

A rule is a function that takes the flows that were loaded together and yields problems; a new one is a
function and a line in ``RULES``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.rules.answers import (
    conflicting_paths,
    overwritten_answers,
    overwritten_in_rounds,
    unasked_questions,
    unread_answers,
)
from flowhook.flowfiles.rules.arguments import unknown_args
from flowhook.flowfiles.rules.attached_flows import attached_flows
from flowhook.flowfiles.rules.bodies import statuses_of_bodies
from flowhook.flowfiles.rules.cross_references import duplicate_flows, unknown_targets
from flowhook.flowfiles.rules.fall_through import forgotten_stops
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.flowfiles.rules.loops import loops
from flowhook.flowfiles.rules.names import (
    missing_locales,
    unknown_compared_intents,
    unknown_definitions,
    unknown_locales,
    unknown_names,
    unknown_placeholders,
)
from flowhook.flowfiles.rules.no_effect import empty_intents, missing_branches
from flowhook.flowfiles.rules.quick_replies import unread_quick_replies
from flowhook.flowfiles.rules.reachability import (
    dead_ends,
    forgotten_callers,
    greedy_offers,
    unreachable_intents,
    unreachable_nodes,
)
from flowhook.flowfiles.rules.returns import calls_without_return
from flowhook.flowfiles.rules.similar_examples import similar_examples
from flowhook.flowfiles.rules.switch_cases import impossible_cases
from flowhook.flowfiles.rules.timers import unknown_timers
from flowhook.flowfiles.rules.value_parts import unknown_methods, unknown_parts
from flowhook.flowfiles.rules.value_types import (
    impossible_arithmetic,
    impossible_comparisons,
    letter_case_mismatches,
)
from flowhook.flowfiles.rules.value_uses import (
    impossible_tests,
    loops_over_no_list,
    misused_filters,
    unknown_locales_and_states,
    values_shown_as_json,
)
from flowhook.flowfiles.rules.variables import misspelt_paths, unhandled_errors, unset_variables
from flowhook.problems.problem import Problem

Rule = Callable[[FlowSet], Iterable[Problem]]

RULES: tuple[Rule, ...] = (
    duplicate_flows,
    unknown_targets,
    unknown_names,
    unknown_definitions,
    unknown_placeholders,
    unknown_compared_intents,
    unknown_locales,
    missing_locales,
    attached_flows,
    unreachable_nodes,
    unreachable_intents,
    dead_ends,
    forgotten_callers,
    greedy_offers,
    loops,
    missing_branches,
    empty_intents,
    unset_variables,
    misspelt_paths,
    unhandled_errors,
    impossible_cases,
    impossible_comparisons,
    impossible_arithmetic,
    letter_case_mismatches,
    values_shown_as_json,
    misused_filters,
    loops_over_no_list,
    impossible_tests,
    unknown_locales_and_states,
    unknown_methods,
    unknown_parts,
    conflicting_paths,
    overwritten_answers,
    overwritten_in_rounds,
    unread_answers,
    unasked_questions,
    unread_quick_replies,
    forgotten_stops,
    statuses_of_bodies,
    unknown_timers,
    unknown_args,
    calls_without_return,
    similar_examples,
)


def check(
    flows: Sequence[CompiledFlow],
    *,
    vars: Collection[str] | None = None,
    connections: Collection[str] | None = None,
) -> list[Problem]:
    """Every rule over flows that were loaded together. ``vars`` and ``connections`` are the names
    that the configuration has; None: not known, so that nothing is said about them.
    """
    together = FlowSet(flows, vars=vars, connections=connections)
    return list(dict.fromkeys(problem for rule in RULES for problem in rule(together)))
