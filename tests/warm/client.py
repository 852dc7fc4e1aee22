"""``flowhook`` for shells: ``python -S client.py SOCKET ARGUMENT…`` lets the nursery fork it, with our files.

What it is sent by signals it passes on.
"""

import json
import os
import signal
import socket
import sys

with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    request = {
        "argv": ["flowhook", *sys.argv[2:]],
        "cwd": os.getcwd(),
        "environ": dict(os.environ),
        "terminal": False,
    }
    line = json.dumps(request).encode() + b"\n"
    sent = socket.send_fds(connection, [line], [0, 1, 2])
    connection.sendall(line[sent:])
    told = connection.makefile("rb")
    pid = int(told.readline())
    for passed in (signal.SIGINT, signal.SIGTERM):
        signal.signal(passed, lambda number, _: os.kill(pid, number))
    code = int(told.readline())
sys.exit(code if code >= 0 else 128 - code)
