"""The command line as its users meet it: words in, what it printed and its exit code out."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from umaya.cli import main

PROGRAM = (sys.executable, "-c", "from umaya.cli import main; main()")
"""The command in a process of its own: for what is killed, interrupted or seen from outside."""


def alone(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own: it costs seconds, and whatever is printed is the command's."""
    return subprocess.run([*PROGRAM, *map(str, words)], capture_output=True, text=True, check=False)


def umaya(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command in this process, which has every library loaded; a fault of ours is raised."""
    command, out, err = ["umaya", *map(str, words)], io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as caught:
            main()
    code = caught.value.code
    assert code is None or isinstance(code, int)
    return subprocess.CompletedProcess(command, code or 0, out.getvalue(), err.getvalue())
