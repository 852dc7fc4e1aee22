"""Processes of ``flowhook`` that are forked from one which has imported everything, in place of started.

Most of what a start costs is importing: a second of CPU, and the tests start hundreds of processes. Here it
is paid once for each test run (or worker): the *nursery* imports, waits at a socket, and forks. What is
forked is a process like any other, with its own pid, files, directory and environment; it can be signalled
and killed. Tests of the start itself, of the console's encoding and of the installed command start ``python
-m flowhook``.
"""

from tests.warm.process import CLIENT, WarmProcess, nursery_socket

__all__ = ["CLIENT", "WarmProcess", "nursery_socket"]
