"""Certificates of our own: authorities, and what they signed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
#: What is signed: the name of the files, for which host, by whom, for how many days.
_SIGNED = (
    ("server", "IP:127.0.0.1", "ca", 2),
    ("client", "IP:127.0.0.1", "ca", 2),
    ("stranger", "IP:127.0.0.1", "strange", 2),
    ("good", "DNS:good.test", "ca", 2),
    ("other", "DNS:other.test", "ca", 2),
    ("expired", "DNS:good.test", "ca", -1),
)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``.crt``, ``.key`` and (both in one) ``.pem`` of each.

    ``server``, ``client`` and ``good`` are of the authority ``ca``, ``stranger`` is of ``strange``,
    ``other`` for another host, ``expired`` is that, ``self`` signed by itself; ``locked.pem`` has the
    client's key under a password.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl: certificates cannot be made")
    folder = tmp_path_factory.mktemp("tls")

    def run(*words: str) -> None:
        done = subprocess.run([openssl, *words], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"openssl fails: {done.stderr[-200:]}")

    def join(name: str, certificate: str, key: str) -> None:
        (folder / f"{name}.pem").write_text((folder / certificate).read_text() + (folder / key).read_text())

    for name in ("ca", "strange", "self"):
        host = ("-addext", "subjectAltName=DNS:good.test") if name == "self" else ()
        run("req", "-x509", *_KEY, "-keyout", f"{name}.key", "-out", f"{name}.crt", "-days", "2",
            "-subj", f"/CN={name}", *host)  # fmt: skip
    for name, host, authority, days in _SIGNED:
        run("req", *_KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (folder / "names").write_text(f"subjectAltName={host}\n")
        run("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key",
            "-CAcreateserial", "-out", f"{name}.crt", "-days", str(days), "-extfile", "names")  # fmt: skip
        join(name, f"{name}.crt", f"{name}.key")
    run("ec", "-in", "client.key", "-aes256", "-passout", "pass:x", "-out", "locked.key")
    join("locked", "client.crt", "locked.key")
    return folder
