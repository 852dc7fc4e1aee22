"""The check of what ``register_routes`` returns, before a server is to serve it."""

from __future__ import annotations

from typing import Any


def check_blueprint(plugin: str, blueprint: Any) -> None:
    """Raise TypeError or ValueError when a blueprint cannot be served under ``/x/{plugin}``."""
    from quart import Blueprint, Quart  # heavy, and few plugins have routes

    if not isinstance(blueprint, Blueprint):
        raise TypeError(f"answered {type(blueprint).__name__}, not a quart.Blueprint or a list of such")
    try:
        Quart("trial", static_folder=None).register_blueprint(
            blueprint, url_prefix=f"/x/{plugin}", name=f"plugin-{plugin}-{blueprint.name}"
        )
    except Exception as error:
        raise ValueError(f"its routes cannot be served: {type(error).__name__}: {error}") from error
