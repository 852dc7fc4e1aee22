"""``translation``: change the translation of this session, where the endpoint has one.

.. code-block:: yaml

    - translation: {user_language: de}
    - translation: {enabled: false}
    - translation: {user_language: auto, detect_inputs: 1, translate_payloads: false}
    - translation:                    # nothing: as the endpoint says again

What is not named stays as it was. It counts at once for what is said, and from the next input on for what
comes in. At an endpoint without ``translation`` nothing changes, with a warning in the trace. No branches.
"""

from __future__ import annotations

from pydantic import Field

from flowhook.engine.node import Node
from flowhook.engine.turn.view import Turn
from flowhook.model.translation import LANGUAGE, TranslationState


class Translation(Node):
    """Changes the real-time translation of the session."""

    key = "translation"

    enabled: bool | None = Field(None, description="false: nothing is translated; true: it is again")
    user_language: str | None = Field(
        None, pattern=LANGUAGE, description="the user's, such as de; auto: it is detected anew"
    )
    flow_language: str | None = Field(None, pattern=LANGUAGE, description="that of the flow's texts")
    detect_inputs: int | None = Field(
        None, ge=1, le=1000, description="with auto: after so many inputs the language is settled"
    )
    no_translation_marker: str | None = Field(
        None, max_length=20, description="what stands between two of these stays as it is; empty: none"
    )
    always_remove_markers: bool | None = Field(
        None, description="true: the markers are removed also where nothing is translated"
    )
    translate_payloads: bool | None = Field(
        None, description="false: what a pressed button says reaches the flow as it is"
    )

    def run(self, turn: Turn) -> None:
        if not turn.environment.translates:
            turn.warn("this endpoint has no translation, so nothing changes")
            return
        changes = {name: value for name, value in self.model_dump().items() if value is not None}
        state = turn.session.translation = turn.session.translation or TranslationState()
        state.changes = {**state.changes, **changes} if changes else {}
        if "user_language" in changes:
            state.language, state.inputs = "", 0
