"""``locale``: the language in which the session goes on.

.. code-block:: yaml

    - locale: de-AT
    - locale: "{{ profile.language }}"
    - locale:                         # nothing: that of the endpoint again

It counts at once for what is said, and from the next input on for what is understood. Where the flow
declares ``locales`` and neither the locale nor its language is among them, the fallback chain decides,
at last the first declared one, with a warning in the trace. What is no locale at all changes nothing, with
a warning. No branches.
"""

from __future__ import annotations

from pydantic import Field

from flowhook.engine.node import Node
from flowhook.engine.settings.fields import LocaleName
from flowhook.engine.turn.view import Turn
from flowhook.i18n.locales import canonical, chain, is_locale


class Locale(Node):
    """Changes the session's language."""

    key = "locale"
    main = "locale"

    locale: LocaleName | None = Field(None, description="such as de or de-AT; left out: the endpoint's")

    def run(self, turn: Turn) -> None:
        wanted = (self.locale or "").strip()
        if not wanted:
            turn.session.locale = None
            turn.input["locale"] = turn.environment.locale
            return
        found = self._known(canonical(wanted), turn)
        if found is not None:
            turn.session.locale = turn.input["locale"] = found

    def _known(self, wanted: str, turn: Turn) -> str | None:
        """The locale to take; None where it is none."""
        declared = turn.flow.locales
        language = wanted.partition("-")[0]
        if wanted in declared or language in declared or (not declared and is_locale(wanted)):
            return wanted
        if not is_locale(wanted):
            turn.warn(f'"{wanted[:40]}" is no locale')
            return None
        found = next(locale for locale in chain(wanted, declared) if locale in declared)
        turn.warn(f'the locale "{wanted}" is not declared; "{found}" is taken')
        return found
