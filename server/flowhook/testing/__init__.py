"""The public test kit: conversations with a real store and a clock that the test moves, no server.

``pytest`` finds the ``bot`` fixture by itself once flowhook is installed.
"""

from flowhook.harness.clocks import FakeClock
from flowhook.testing.bot import Bot, open_bot
from flowhook.testing.http import FakeHttp, UnexpectedCall

__all__ = ["Bot", "FakeClock", "FakeHttp", "UnexpectedCall", "open_bot"]
