"""``call``: run another flow and come back.

.. code-block:: yaml

    - call: address
    - call: {flow: price, args: {size: "{{ context.size }}", count: 2}, store: context.price}
    - call: {flow: basket, defaults: true}

It comes back below also when that flow waited for the user. Expressions of the called flow know its ``args``:
``{{ args.size }}``. What it gives back with ``return`` is in ``input.result`` and at ``store``; null where it
ends without. With ``defaults: true`` the default context of that flow, its ``context``, fills what is not
there yet; what stands in the session's context stays. No branches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, StrictBool

from flowhook.engine.node import Node
from flowhook.engine.outcomes import Call as Enter
from flowhook.engine.settings.fields import FlowName, Path
from flowhook.engine.turn.view import Turn


class Call(Node):
    """Runs a flow and comes back."""

    key = "call"
    main = "flow"
    draws_as = "outside"

    flow: FlowName = Field(min_length=1, description="the name of the flow")
    args: dict[str, Any] = Field(default_factory=dict, description="values that the flow knows as args")
    store: Path | None = Field(None, description="where what it returns is kept")
    defaults: StrictBool = Field(
        False, description="true: the flow's default context fills what is not there yet"
    )

    @classmethod
    def arguments(cls, settings: Mapping[str, Any]) -> Mapping[str, Any] | None:
        args = settings.get("args", {})
        return args if isinstance(args, Mapping) else None

    def run(self, turn: Turn) -> Enter:
        return Enter(self.flow.rstrip("/"), args=self.args, store=self.store, defaults=self.defaults)
