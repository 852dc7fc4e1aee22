"""Addresses of the configuration that the rules for outgoing calls refuse, as far as that is seen without
looking names up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from flowhook.config import Config
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.net.address_policy import AddressRefused, AddressRules
from flowhook.problems.catalogue import BLOCKED_ADDRESS
from flowhook.problems.problem import Problem
from flowhook.yamldoc.document import Path


def blocked_addresses(config: Config) -> Iterator[Problem]:
    """Yield a warning for each address of the configuration that nothing will ever reach: of webhooks, event
    webhooks, operator events and connections."""
    rules = AddressRules(config.outgoing.allow, config.allow_private_addresses)
    for path, url in _addresses(config):
        refused = _refused(rules, url)
        if refused:
            message = f"calls to {refused} are refused: it is no public address"
            hint = f'allow it: outgoing: {{allow: ["{refused}"]}}'
            document = config.document
            yield (
                document.problem(BLOCKED_ADDRESS, message, path, hint=hint)
                if document is not None
                else Problem(BLOCKED_ADDRESS, message, "config.yaml", hint=hint)
            )


def blocked_calls(config: Config, files: Iterable[CompiledFlow]) -> Iterator[Problem]:
    """Yield a warning for each node of a flow that calls such an address, written in full and without a
    connection."""
    rules = AddressRules(config.outgoing.allow, config.allow_private_addresses)
    for compiled in files:
        for node in compiled.flow.nodes.values() if compiled.flow is not None else ():
            raw, fields = node.settings.raw, node.type.model_fields
            url = raw.get("url") if "connection" in fields and not raw.get("connection") else None
            if isinstance(url, str) and "{" not in url.partition("//")[2].partition("/")[0]:
                refused = _refused(rules, url)
                if refused:
                    message = f"calls to {refused} are refused: it is no public address"
                    hint = f'allow it in config.yaml: outgoing: {{allow: ["{refused}"]}}'
                    yield Problem(BLOCKED_ADDRESS, message, compiled.file, node.line, node.column, hint=hint)


def _addresses(config: Config) -> Iterator[tuple[Path, str]]:
    for index, endpoint in enumerate(config.endpoints):
        webhook, path = endpoint.webhook, ("endpoints", index, "webhook")
        if endpoint.output == "webhook" and webhook.url:
            # what is behind a proxy is the proxy's to reach
            key = "proxy" if webhook.proxy else "url"
            yield (*path, key), getattr(webhook, key)
        if endpoint.events.url:
            yield ("endpoints", index, "events", "url"), endpoint.events.url
    if config.operator_events.url:
        yield ("operator_events", "url"), config.operator_events.url
    for name, connection in config.connections.items():
        yield ("connections", name, "base_url"), connection.base_url


def _refused(rules: AddressRules, url: str) -> str:
    """Host and port of a URL that the rules refuse; empty when they do not, or a look-up has to tell."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    local = host == "localhost" or host.endswith(".localhost")
    if rules.allows_name(host, port):
        return ""
    try:
        rules.check("127.0.0.1" if local else host, port)
    except AddressRefused:
        is_address = local or ":" in host or host.replace(".", "").isdigit()
        shown = f"[{host}]" if ":" in host else host
        return f"{shown}:{port}" if is_address else ""
    return ""
