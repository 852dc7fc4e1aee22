"""``flowhook verify-webhook``: one test POST, what came back, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flowhook.cli.asyncio_runner import run_async
from flowhook.cli.console import BAD, OK, bad, bold, dim, good, json_option, print_json, say
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowhookError

if TYPE_CHECKING:
    from flowhook.config import Config, EndpointConfig
    from flowhook.runtime.verification import Verdict


@click.command("verify-webhook")
@click.argument("endpoint", required=False)
@click.option("--operator", is_flag=True, help="Try operator_events.url, which is no endpoint's.")
@click.option("--events", is_flag=True, help="Try events.url in the place of webhook.url.")
@click.option("--node", metavar="FLOW/NODE", help="Try the service of a node: webhook or json_api.")
@json_option
@with_project
@click.pass_context
def command(
    context: click.Context,
    project: ProjectPath,
    endpoint: str | None,
    operator: bool,
    events: bool,
    node: str | None,
    as_json: bool,
) -> None:
    """Send a test delivery and tell what came back.

    It goes to the webhook of ENDPOINT, signed as any other, to its event webhook, to the service of a
    node, or to where operator events go. It is sent from here, under the same rules for addresses as
    by the server, in the name of a session that does not exist. Exits with 1 unless the answer is 2xx,
    and one that a json_api can use.
    """
    if events and node:
        raise click.UsageError("give one of --events and --node")
    if operator == (endpoint is not None) or (operator and (events or node)):
        raise click.UsageError("give the name of an endpoint, or --operator alone")
    config = project.load()
    chosen = _named(config, endpoint) if endpoint is not None else None
    verdict = run_async(verify(config, chosen, events=events, node=node))
    if as_json:
        print_json(verdict.to_json())
    else:
        _show(verdict)
    if not verdict.delivered:
        context.exit(1)


def _named(config: Config, name: str) -> EndpointConfig:
    from flowhook.problems.suggestion import did_you_mean

    for endpoint in config.endpoints:
        if endpoint.name == name:
            return endpoint
    hint = did_you_mean(name, [endpoint.name for endpoint in config.endpoints])
    raise FlowhookError(f"there is no endpoint {name!r} in the configuration" + (f"; {hint}" if hint else ""))


async def verify(config: Config, chosen: EndpointConfig | None, *, events: bool, node: str | None) -> Verdict:
    """Make the attempt, with the project's own plugins and connections. ``chosen`` None: of the operator
    events."""
    from flowhook.cli.loading import open_hooks
    from flowhook.clock import SystemClock
    from flowhook.model.endpoint import Endpoint
    from flowhook.net.address_policy import AddressRules
    from flowhook.net.client import Outgoing
    from flowhook.runtime.delivery.operator_endpoint import operator_endpoint
    from flowhook.runtime.project.project import load_flows
    from flowhook.runtime.turns.http_calls import HttpCalls
    from flowhook.runtime.turns.pauses import Pauses
    from flowhook.runtime.verification import NO_OPERATOR_EVENTS, Verifier

    clock = SystemClock()
    endpoint = Endpoint(chosen.name, "", chosen.flow, chosen) if chosen else operator_endpoint(config)
    rules = AddressRules(config.outgoing.allow, config.allow_private_addresses)
    with open_hooks(config) as hooks:
        async with Outgoing(rules) as outgoing:
            http_calls = HttpCalls(outgoing, lambda: config.connections, clock, Pauses(clock))
            verifier = Verifier(outgoing, http_calls, clock)
            if endpoint is None:
                raise FlowhookError(NO_OPERATOR_EVENTS)
            if events:
                return await verifier.events(endpoint)
            if node is not None:
                found = load_flows(config, hooks).library.node_at(node)
                if found is None:
                    raise FlowhookError(f"there is no node {node!r}; it is named as FLOW/NODE")
                return await verifier.node(found, node)
            output = hooks.outputs()[endpoint.config.output]
            await output.open()
            try:
                if chosen is None:
                    return await verifier.operator_events(endpoint, output)
                return await verifier.webhook(endpoint, output)
            finally:
                await output.close()


def _show(verdict: Verdict) -> None:
    marks = ["signed" if verdict.signed else "not signed"]
    if verdict.basic_auth:
        marks.append("basic auth")
    say(f"{verdict.method} {verdict.url}  {dim(', '.join(marks))}")
    if verdict.delivered:
        say(f"{good(OK)} {bold(str(verdict.status))} in {verdict.seconds * 1000:.0f} ms")
    else:
        say(f"{bad(BAD)} {bold(verdict.reason)}")
    if verdict.body:
        say(dim(f"  answer: {verdict.body}"))
    if verdict.hint:
        say(f"  {verdict.hint}")
