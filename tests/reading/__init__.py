"""Readers of values."""
