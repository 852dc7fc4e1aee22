"""A URL rule whose address builder is compiled when an address is first built."""

from __future__ import annotations

from collections.abc import Callable

from quart.routing import QuartRule


class LazyUrlRule(QuartRule):
    """Matches like its base. ``url_for`` works as ever, and costs when it is first called.

    Werkzeug compiles two functions for each rule, which build its address: a tenth of a second of CPU for our
    hundred rules, in the first request to administration, while the messages of everybody wait. Only plugins
    ever ask for an address.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_builder = super()._compile_builder
        compiled: Callable[..., tuple[str, str]] | None = None

        def build(rule: LazyUrlRule, /, **values: object) -> tuple[str, str]:
            nonlocal compiled
            if compiled is None:
                compiled = compile_builder(append_unknown)
            return compiled(rule, **values)

        return build
