"""Types for the keys of ``config.yaml``: written for people, read into numbers and checked texts.

What a type accepts, what a field of it holds afterwards (a float of seconds, an int of bytes, a text in its
one form) and in which words the rest is refused stand in the function behind it: each raises
:class:`~flowhook.yamldoc.validation.Requirement`, or an error of pydantic, with what follows the key's
name. Errors never repeat a value: it may have come from the environment and be secret.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from flowhook.durations import parse_duration
from flowhook.yamldoc.validation import Requirement

DAY = 86400.0
LONGEST = 3660 * DAY  #: ten years: nobody means more, and clocks end

_SIZES = {"": 1, "B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_SIZE = re.compile(r"(\d{1,15})\s*(B|KiB|MiB|GiB|)")
_LIMIT = re.compile(r"(\d{1,9})\s*/\s*(\d*)\s*(ms|s|m|h|d)")
_HOST = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
_HOST_PORT = re.compile(r"(?P<host>\[[^\]]+\](?:/\d+)?|[^:]+):(?P<port>\d{1,5})")
_BASE64 = re.compile(r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{2,3})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Section(BaseModel):
    """A mapping of the configuration: unknown keys are errors, defaults are checked like the rest."""

    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """``1000/5m``: so many requests in so many seconds."""

    count: int
    seconds: float


def _bool(value: Any) -> Any:
    """Only true and false: pydantic would take yes, on and 1 too."""
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):  # a variable of the environment is a text
        return value == "true"
    raise PydanticCustomError("bool_type", "must be true or false")


def _auto(value: Any) -> Any:
    """``auto`` as None."""
    return None if value == "auto" or value is None else _bool(value)


def _no_bool(value: Any) -> Any:
    """A number, which true is not, whatever Python thinks."""
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "must be a whole number")
    return value


def _duration(value: Any) -> Any:
    """``500ms``, ``10s``, ``5m``, ``2h``, ``7d``, or a number of seconds, up to ten years, as seconds."""
    try:
        seconds = parse_duration(value)
    except ValueError:
        seconds = None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        raise Requirement("must be a duration such as 500ms, 10s, 5m, 2h or 7d")
    if not 0 <= seconds <= LONGEST:
        raise Requirement("must be a duration between 0 and 3660d")
    return float(seconds)


def _positive(seconds: float) -> float:
    """A time that is not over at once."""
    if seconds <= 0:
        raise Requirement("must be longer than 0")
    return seconds


def _never(value: Any) -> Any:
    """``never`` as None."""
    return None if value == "never" else value


def _size(value: Any) -> Any:
    """``256KiB``, ``1MiB``, or a number of bytes, as bytes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise Requirement("must be a size such as 256KiB or 1MiB")
    return int(found[1]) * _SIZES[found[2]]


def _rate_limit(value: Any) -> Any:
    """``1000/5m``, or null for no limit."""
    if value is None or isinstance(value, RateLimit):
        return value
    found = _LIMIT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or int(found[1]) == 0:
        raise Requirement("must be requests in a time, such as 1000/5m, or null")
    seconds = _duration((found[2] or "1") + found[3])
    if seconds == 0:
        raise Requirement("must be requests in a time, such as 1000/5m, or null")
    return RateLimit(int(found[1]), seconds)


def _url(value: str) -> str:
    """An absolute http(s) address without anything that could split a header."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or re.search(r"[\x00-\x20\x7f]", value):
        raise Requirement("must be an address that begins with http:// or https://")
    return value


def url_or_empty(value: str) -> str:
    """The same, or "" for none."""
    return _url(value) if value else value


def _origin(value: str) -> str:
    """Scheme, host and port without a slash at the end, or ``*`` for all."""
    if value == "*":
        return value
    if urlsplit(_url(value)).path not in ("", "/"):
        raise Requirement("must be an origin such as https://shop.example, or *")
    return value.rstrip("/")


def _network(value: str) -> str:
    """An IP address, or a network in CIDR notation."""
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise Requirement("must be an address or a network such as 10.0.0.0/8") from None
    return value


def _destination(value: str) -> str:
    """``host:port``, host, address, network, network:port."""
    found = _HOST_PORT.fullmatch(value)
    host = found["host"].replace("[", "").replace("]", "") if found else value
    if found is None or 0 < int(found["port"]) < 65536:
        try:
            _network(host)
            return value
        except ValueError:
            if _HOST.fullmatch(host) and not re.fullmatch(r"[\d.]+", host):
                return value
    raise Requirement("must be an address, network or host, with or without a port: 127.0.0.1:9000")


def _header(value: str) -> str:
    """A text that cannot begin another header."""
    if _CONTROL.search(value):
        raise Requirement("must not hold line breaks or other control characters")
    return value


def _signing_secrets(value: str | list[str]) -> str | list[str]:
    """Any texts; one that begins with ``whsec_`` says that it goes on in base64."""
    for secret in [value] if isinstance(value, str) else value:
        text = secret.removeprefix("whsec_").rstrip("=")
        if secret.startswith("whsec_") and not _BASE64.fullmatch(text):
            raise Requirement("must go on in base64 after whsec_, or be any other text")
    return value


def _zone(value: str) -> str:
    """The name of a zone in the time zone database."""
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        raise Requirement("must be a time zone such as Europe/Berlin or UTC") from None
    return value


def _storage(value: str) -> str:
    """The address of a database that this version can open."""
    if re.match(r"postgresql://[^/]*/[^/?]+(\?.*)?$", value):
        return value
    if not value.startswith("sqlite:///") or value == "sqlite:///" or "?" in value:
        raise Requirement(
            "must be sqlite:///file.db, sqlite:////absolute/file.db, sqlite:///:memory: "
            "or postgresql://user:password@host/database"
        )
    return value


def _none_is_empty(value: Any) -> Any:
    """A key without a value stands for nothing set."""
    if isinstance(value, Mapping):
        return {name: {} if settings is None else settings for name, settings in value.items()}
    return value


Bool = Annotated[bool, BeforeValidator(_bool)]
BoolOrAuto = Annotated[bool | None, BeforeValidator(_auto)]  #: None is auto
Int = Annotated[int, BeforeValidator(_no_bool)]
Duration = Annotated[float, BeforeValidator(_duration)]  #: seconds
Timeout = Annotated[Duration, AfterValidator(_positive)]  #: seconds, more than none
DurationOrNever = Annotated[Duration | None, BeforeValidator(_never)]  #: seconds; None is never
Size = Annotated[int, BeforeValidator(_size), Field(ge=1)]  #: bytes
Rate = Annotated[RateLimit | None, BeforeValidator(_rate_limit)]
#: A rate, for callers; or a mapping of rates.
Rates = BeforeValidator(lambda value: {"caller": value} if isinstance(value, str | RateLimit) else value)
Url = Annotated[str, AfterValidator(_url)]
UrlOrEmpty = Annotated[str, AfterValidator(url_or_empty)]
Origin = Annotated[str, AfterValidator(_origin)]
Network = Annotated[str, AfterValidator(_network)]
Destination = Annotated[str, AfterValidator(_destination)]
SigningSecrets = Annotated[str | list[str], AfterValidator(_signing_secrets)]
HeaderText = Annotated[str, AfterValidator(_header)]
Zone = Annotated[str, AfterValidator(_zone)]
Storage = Annotated[str, AfterValidator(_storage)]
Name = Annotated[str, Field(min_length=1, max_length=128)]
SettingsByName = Annotated[dict[Name, dict[str, Any]], BeforeValidator(_none_is_empty)]
