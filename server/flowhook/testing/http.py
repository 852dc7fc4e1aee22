"""HTTP for tests: nothing leaves the machine, and an answer has to be given beforehand."""

from flowhook.harness.fake_http import FakeHttp, FakeOutgoing, UnexpectedCall

__all__ = ["FakeHttp", "FakeOutgoing", "UnexpectedCall"]
