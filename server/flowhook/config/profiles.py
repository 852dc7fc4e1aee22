"""The section ``profiles`` of the configuration."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from flowhook.config.fields import Bool, Section
from flowhook.model.profile_fields import OWN_FIELDS, FieldType, ProfileFields
from flowhook.yamldoc.validation import Requirement

_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class ProfileFieldConfig(Section):
    """One field of profiles."""

    type: FieldType = Field(
        default="text", description="what its values are, and are turned into; complex: any JSON"
    )


def _fields(fields: dict[str, Any]) -> dict[str, Any]:
    """Names that templates can write, told apart without their case."""
    seen: set[str] = set()
    for name in fields:
        if not _FIELD.fullmatch(name):
            raise Requirement("must have names of letters, digits and _")
        if name.lower() in OWN_FIELDS:
            raise Requirement(f"must not have {name}, which flowhook keeps itself")
        if name.lower() in seen:
            raise Requirement(f"must not have {name} twice, whatever its case")
        seen.add(name.lower())
    return fields


class ProfilesConfig(Section):
    """What is kept of users across sessions."""

    fields: Annotated[dict[str, ProfileFieldConfig], AfterValidator(_fields)] = Field(
        default={}, description="by name, each with its type"
    )
    strict: Bool = Field(default=False, description="true: only the fields that are declared are kept")
    scope: Literal["project", "endpoint"] = Field(
        default="project", description="endpoint: user 1 of two endpoints is two people"
    )

    @cached_property
    def checked(self) -> ProfileFields:
        """What checks values on their way into a profile. Each turn asks for it."""
        types: dict[str, FieldType] = {name: declared.type for name, declared in self.fields.items()}
        return ProfileFields(types, self.strict)

    def endpoint_of(self, endpoint: str) -> str:
        """The endpoint whose profiles count at an endpoint; "" for those of the whole project."""
        return endpoint if self.scope == "endpoint" else ""
