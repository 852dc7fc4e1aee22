"""What may stand under the top keys of a flow: models that check it, and describe it to editors."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, StrictBool, StrictInt, WithJsonSchema

from flowhook.engine.settings.fields import Condition, Path

Texts = str | list[str]
#: What ``x-texts`` stands for is said by the schema for editors.
TextsByLocale = Annotated[Texts | dict[str, Texts], WithJsonSchema({"x-texts": True})]
Share = Annotated[float, Field(ge=0, le=1, strict=True)]

#: Kinds of values that flowhook finds in a text by itself.
SlotType = Literal[
    "number", "integer", "date", "time", "datetime", "duration", "money", "percentage", "email", "phone",
    "url", "age", "temperature", "distance",
]  # fmt: skip


class Form(BaseModel):
    """A mapping with these keys and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class TextsForm(RootModel[TextsByLocale]):
    """Texts: one, a list, or these by locale."""


class IntentForm(Form):
    """Something a user may mean."""

    description: str = Field("", description="what the user wants, in a sentence")
    examples: TextsByLocale = Field(
        default_factory=list,
        description="sentences that users say, at least five; by locale: {en: [...], de: [...]}",
        examples=[["I want a pizza", "can I order a pizza", "one pizza please"]],
    )
    rules: Condition | list[Condition] = Field(
        default_factory=list,
        description="expressions over input, context …; where one holds the intent wins outright",
        examples=[["input.text | lower in ['stop', 'cancel']"]],
    )
    condition: Condition | None = Field(None, description="must hold for the examples to count")
    parent: str | None = Field(None, description="the intent, of this flow, that this one is a kind of")
    inherit: StrictBool = Field(False, description="learns from the examples of its children, too")
    entry: str | None = Field(None, description="the node to go to when the intent wins")
    reply: Any = Field(None, description="what is said when the intent wins: what the node say takes")
    do: Any = Field(
        None,
        description="nodes that run when the intent wins; then the session stands again where it stood",
        examples=[[{"say": "We are at Market Square 1."}, {"say": "There is a bus stop in front."}]],
    )
    confirm: Any = Field(
        None,
        description="asked, as a yes-no question, when the score lies between confidence and confirm_below",
        examples=["Do you want to order a pizza?"],
    )
    confidence: Share | None = Field(None, description="the score that counts, instead of the flow's")
    priority: StrictInt = Field(0, description="of two rules that hold, the one of the higher priority wins")
    disabled: StrictBool = Field(False, description="as if it were not there")


class SlotForm(Form):
    """Something to find in what users say."""

    description: str = Field("", description="what it is, in a sentence")
    values: list[Any] | dict[str, Any] | None = Field(
        None,
        description="the values: a list, or each with its synonyms, or with {synonyms, data}",
        examples=[{"pepperoni": ["salami"], "mushroom": ["champignon"]}],
    )
    pattern: str | None = Field(None, description="a regular expression, found anywhere in the text")
    type: SlotType | None = Field(None, description="a kind of value that flowhook finds by itself")
    fuzzy: StrictBool = Field(False, description="finds values with typos, too")
    values_from: Condition | None = Field(
        None,
        description="an expression that gives the values in the turn: a list, or each with its synonyms",
        examples=["context.doctors"],
    )
    keep: StrictBool = Field(
        True, description="a value that is said before its question is kept until it is asked"
    )
    store: Path | None = Field(
        None, description="where each value is kept as soon as it is said: context.order.topping"
    )


class ValueForm(Form):
    """One value of a slot."""

    synonyms: TextsByLocale = Field(default_factory=list, description="other words for it; may be by locale")
    data: Any = Field(default=None, description="JSON that travels with the value")


class ListedValueForm(ValueForm):
    """One value of a slot, in a list."""

    value: str = Field(description="the value itself")


class StateForm(Form):
    """Which intents may win while a session is in this state."""

    description: str = Field("", description="when a session is in this state, in a sentence")
    allow: Texts | None = Field(None, description="only these intents may win")
    block: Texts | None = Field(None, description="all intents but these may win")
    default: StrictBool = Field(False, description="the state of a session that was set to no other")


class SettingsForm(Form):
    """Settings of a whole flow."""

    on_error: Any = Field(None, description="where to go when a node fails that has no on_error of its own")
    loop_limit: Annotated[int, Field(ge=1, strict=True)] = Field(
        100, description="visits of one node in one turn"
    )
    digressions: Literal["reask", "silent", "none"] = Field(
        "reask",
        description="when a waiting question hears an intent with a reply: reask says it and asks again, "
        "silent says it and goes on waiting, none takes answers only",
    )
    confidence: Share = Field(0.4, description="an intent counts from this score on")
    confirm_below: Share = Field(0.6, description="below this score an intent with confirm is asked about")
    mapping: Literal["joint", "main_first", "attached_first"] = Field(
        "joint", description="how the intents of this flow and of attached ones compete"
    )
    continue_after_reply: StrictBool = Field(
        False, description="after the reply of an intent the flow goes on in the same turn"
    )
    continue_after_attached: StrictBool = Field(
        False, description="after an attached flow has ended the flow goes on in the same turn"
    )
    questions: Any = Field(
        None,
        description="what the questions of the flow have in common: attempts, timeout, reprompt, confirm, "
        "digression, forget_after, buttons, quick_replies, direction, currency, scale, on_fail, on_timeout, "
        "on_intent",
        examples=[{"attempts": 3, "timeout": "10m"}],
    )
    detect_locale: StrictBool = Field(
        False,
        description="the session goes on in the language of a message, where that is clear: one of locales",
    )
    language: str | None = Field(None, description="the language of a flow without locales", examples=["en"])
