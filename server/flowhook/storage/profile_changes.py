"""What a change does to a profile, and what becomes of two profiles that are merged."""

from __future__ import annotations

from flowhook.model.inbound import JsonObject
from flowhook.storage.records import ProfileChange


def merged_profile(own: JsonObject, other: JsonObject) -> JsonObject:
    """What is known of two users who are one: own values win, mappings and lists are joined."""
    merged = {name: value for name, value in other.items() if name != "active"} | own
    for name in own.keys() & other.keys():
        mine, theirs = own[name], other[name]
        if isinstance(mine, dict) and isinstance(theirs, dict):
            merged[name] = merged_profile(mine, theirs)
        elif isinstance(mine, list) and isinstance(theirs, list):
            merged[name] = [*(item for item in theirs if item not in mine), *mine]
    return merged


def apply_change(body: JsonObject, change: ProfileChange) -> None:
    """Set, unset or append at a path; mappings on the way to it are made."""
    *parents, last = change.path
    parent = body
    for name in parents:
        child = parent.get(name)
        if not isinstance(child, dict):
            if change.op == "unset":
                return
            child = parent[name] = {}
        parent = child
    if change.op == "unset":
        parent.pop(last, None)
    elif change.op == "append":
        present = parent.get(last)
        parent[last] = [*present, change.value] if isinstance(present, list) else [change.value]
    else:
        parent[last] = change.value
