"""Lets ``python -m flowhook`` stand for the ``flowhook`` command."""

from flowhook.cli import main

main()
