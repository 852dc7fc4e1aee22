"""Lets ``python server`` run a bare checkout."""

from flowhook.cli import main

main()
