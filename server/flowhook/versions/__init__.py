"""Versions of a project: what was loaded together, without keys and secrets, by a hash of all of it."""
