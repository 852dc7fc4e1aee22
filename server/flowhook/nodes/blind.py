"""``blind``: from here on less is told and kept of the conversation.

.. code-block:: yaml

    - blind: true                     # all four
    - id: card
      ask: {text: "Your card number?", type: text, store: context.card}
    - blind: false                    # as the endpoint says again
    - blind: {mask_logging: true}     # this alone, whatever was on before

It lasts until the next ``blind``, over all turns, and covers injects and notifies too. The input that led to
the node that switches it on is covered, the one that led to the node that switches it off is not; of what is
said, that which is said between the two.

``mask_logging``: logs, traces, receipts and events show ``****``, and deliveries say
``disableSensitiveLogging``. ``mask_analytics``: analytics and transcripts keep ``****``.
``disable_conversations``: transcripts keep nothing. ``disable_intent_trainer``: texts that were not
understood are not collected. What the endpoint's ``privacy`` masks stays masked. No branches.
"""

from __future__ import annotations

from pydantic import Field, ValidationInfo, model_validator

from flowhook.engine.node import Node
from flowhook.engine.settings.fields import is_rendered
from flowhook.engine.turn.view import Turn
from flowhook.model.privacy import BlindMode


class Blind(Node):
    """Switches masking on for this session, and off."""

    key = "blind"
    main = "all"

    all: bool | None = Field(None, description="true: all of it; false: nothing of it any more")
    mask_logging: bool = Field(False, description="nothing of what is said in logs, traces and events")
    mask_analytics: bool = Field(False, description="analytics and transcripts keep ****")
    disable_intent_trainer: bool = Field(False, description="texts are not collected to learn from")
    disable_conversations: bool = Field(False, description="transcripts keep nothing")

    @model_validator(mode="after")
    def _something(self, info: ValidationInfo) -> Blind:
        if self.all is None and not self.model_fields_set and not is_rendered(info):
            raise ValueError("say true, false, or what is to be masked")
        if self.all is not None and self.model_fields_set - {"all"} and not is_rendered(info):
            raise ValueError("give either all or single options")
        return self

    def run(self, turn: Turn) -> None:
        if self.all is not None:
            mode = BlindMode(self.all, self.all, self.all, self.all)
        else:
            mode = BlindMode(
                self.mask_logging,
                self.mask_analytics,
                self.disable_intent_trainer,
                self.disable_conversations,
            )
        turn.session.blind = mode or None
