"""The declaration of a route: what is served is what is documented.

The ASGI table of the public routes, the Quart routes of administration and the OpenAPI document are
all made from these declarations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel

from flowhook.errors import ApiError
from flowhook.model.roles import Role

#: Who may call: anybody; whoever has the endpoint's key, if it asks for one; the bearer of an admin key.
Access = Literal["open", "key", "older key", "admin"]


class Parameter(NamedTuple):
    """A parameter of the query string, or a header: a text, one of ``choices``, or a whole number."""

    name: str
    description: str
    choices: Sequence[str] = ()
    at_most: int | None = None  #: set for numbers, which run from 1
    default: int | None = None

    def parse(self, given: str | None) -> Any:
        """The value, or ApiError 400 ``invalid_parameter``."""
        if given is None or given == "":
            return self.default
        if self.at_most is not None:
            digits = given.isascii() and given.isdigit() and len(given) <= 10
            if not (digits and 1 <= int(given) <= self.at_most):
                raise self._invalid(f"must be a whole number from 1 to {self.at_most}")
            return int(given)
        if self.choices and given not in self.choices:
            raise self._invalid(f"must be one of {', '.join(self.choices)}")
        if "\0" in given or len(given) > 1000:
            raise self._invalid("is not a usable text")
        return given

    def _invalid(self, message: str) -> ApiError:
        return ApiError(
            400,
            "invalid_parameter",
            f"{self.name} {message}.",
            errors=[{"field": self.name, "message": message}],
        )


LIMIT = Parameter("limit", "How many at most.", at_most=500, default=50)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. Variable parts of the path are written ``{name}``."""

    method: str
    path: str
    name: str  #: unique; the operationId
    tag: str
    summary: str
    description: str = ""
    access: Access = "admin"
    query: Sequence[Parameter] = ()
    headers: Sequence[Parameter] = ()
    body: type[BaseModel] | str | None = None  #: a model, or the name of a schema
    responses: Mapping[int, str] = field(default_factory=dict)  #: status → name of a schema, "" for none
    errors: Mapping[int, str] = field(default_factory=dict)  #: status → its codes, separated by commas
    roles: tuple[Role, ...] = ()  #: with access "admin": one of these is needed
    deprecated: bool = False  #: there is a better one
