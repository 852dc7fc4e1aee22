"""Rules of ``config.yaml`` that one key alone cannot break, and what it may say without effect."""

from __future__ import annotations

import ssl
import stat
from collections.abc import Iterator

from flowhook.config.models import Config
from flowhook.i18n.locales import is_locale, locale_of_language_name
from flowhook.problems.catalogue import (
    BAD_VALUE,
    DUPLICATE,
    EXPOSED_KEY,
    PRIVATE_ADDRESSES,
    UNKNOWN_LOCALE,
    WEAK_ADMIN_KEY,
    WEAK_TOKEN,
)
from flowhook.problems.problem import Problem
from flowhook.yamldoc.document import Document, Path

STRONG = 16  #: characters of a token or key that is not guessed


def check_config(config: Config, document: Document) -> Iterator[Problem]:
    """Yield what is wrong with a configuration whose keys are right one by one."""
    yield from _duplicates(config, document, "name")
    yield from _duplicates(config, document, "token", "inject_token")
    yield from _admin_keys(config, document)
    yield from _weak_secrets(config, document)
    yield from _exposed_key(config, document)
    yield from _webhooks(config, document)
    yield from _locales(config, document)
    if config.allow_private_addresses:
        message = "outgoing calls may reach every private address"
        hint = "list those that are meant under outgoing.allow"
        yield document.problem(PRIVATE_ADDRESSES, message, ("allow_private_addresses",), hint=hint)


def _duplicates(config: Config, document: Document, *keys: str) -> Iterator[Problem]:
    """Endpoints are told apart by name and by token; a token stands for one thing alone."""
    first: dict[str, tuple[str | int, ...]] = {}
    for index, endpoint in enumerate(config.endpoints):
        for key in keys:
            value = getattr(endpoint, key)
            if value is None:
                continue
            path = ("endpoints", index, key)
            if value in first:
                line = document.span(first[value]).line
                message = f"two endpoints have this {keys[0]}; the first on line {line}"
                yield document.problem(DUPLICATE, message, path)
            first.setdefault(value, path)


def _webhooks(config: Config, document: Document) -> Iterator[Problem]:
    """Two ways to say who we are, and files that cannot be used."""
    for index, endpoint in enumerate(config.endpoints):
        webhook, path = endpoint.webhook, ("endpoints", index, "webhook")
        if webhook.bearer and webhook.user:
            message = "bearer and user both set the header Authorization: write one of them"
            yield document.problem(BAD_VALUE, message, (*path, "bearer"))
        for name in ("ca", "client_cert"):
            file = getattr(webhook, name)
            if not file:
                continue  # a context is dear to make, and few webhooks need one
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            try:
                if name == "ca":
                    context.load_verify_locations(file)
                else:
                    context.load_cert_chain(file, password=lambda: b"")
            except (OSError, ValueError) as error:
                why = error.strerror if isinstance(error, OSError) and error.strerror else "it is no PEM"
                yield document.problem(BAD_VALUE, f"{name} cannot be used: {why}", (*path, name))


def _admin_keys(config: Config, document: Document) -> Iterator[Problem]:
    """Admin keys are told apart by name, in the audit, and by the key."""
    first: dict[tuple[str, str], Path] = {}
    if config.admin_key:
        first["key", config.admin_key] = ("admin_key",)
    for index, admin_key in enumerate(config.admin_keys):
        if admin_key.name == "admin":
            path: Path = ("admin_keys", index, "name")
            yield document.problem(DUPLICATE, "this is the name of admin_key", path)
        for what, value in (("name", admin_key.name), ("key", admin_key.key)):
            path = ("admin_keys", index, what)
            if (what, value) in first:
                line = document.span(first[what, value]).line
                message = f"two admin keys have this {what}; the first on line {line}"
                yield document.problem(DUPLICATE, message, path)
            first.setdefault((what, value), path)


def _weak_secrets(config: Config, document: Document) -> Iterator[Problem]:
    """Short tokens and a short admin key where others reach the server."""
    if config.server.is_local:
        return
    message = f"fewer than {STRONG} characters can be guessed, and {config.server.host} is public"
    for index, endpoint in enumerate(config.endpoints):
        for key in ("token", "inject_token"):
            token = getattr(endpoint, key)
            if token is not None and len(token) < STRONG and not endpoint.weak_token:
                hint = "leave it out to have one made, or write weak_token: true"
                yield document.problem(WEAK_TOKEN, message, ("endpoints", index, key), hint=hint)
    if config.admin_key and len(config.admin_key) < STRONG:
        hint = "leave it out to have one made"
        yield document.problem(WEAK_ADMIN_KEY, message, ("admin_key",), hint=hint)
    for index, admin_key in enumerate(config.admin_keys):
        if len(admin_key.key) < STRONG:
            hint = "make one: python -c 'import secrets; print(secrets.token_hex(32))'"
            yield document.problem(WEAK_ADMIN_KEY, message, ("admin_keys", index, "key"), hint=hint)


def _exposed_key(config: Config, document: Document) -> Iterator[Problem]:
    """A generated admin key that other users of the machine can read."""
    path = config.state_dir / "admin_key"
    if config.admin_key or not path.is_file():
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        message = f"other users of this machine can read the admin key: it has the mode {mode:04o}"
        yield Problem(EXPOSED_KEY, message, str(path), hint=f"chmod 600 {path}")


def _locales(config: Config, document: Document) -> Iterator[Problem]:
    for index, endpoint in enumerate(config.endpoints):
        if not is_locale(endpoint.locale):
            meant = locale_of_language_name(endpoint.locale)
            message = f'no language is written "{endpoint.locale}", so answers are read as English'
            hint = f"write {meant}" if meant else "a locale is written en, de or de-AT"
            path = ("endpoints", index, "locale")
            yield document.problem(UNKNOWN_LOCALE, message, path, hint=hint, severity="warning")
