"""Tests written as YAML beside the flows: read, run on the real stack in memory, measured, told.

It leans on the public test kit (``flowhook.testing``); only commands and the pytest plugin lean on it.
"""
