"""A process that is killed at a chosen moment: from the n-th change of a folder on, nothing more is done to any."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest


class Killed(BaseException):
    """Raised where the process would have been killed, and by everything that it tries to do to files after that."""


def killed_at_every_step(act: Callable[[int], None]) -> Iterator[int]:
    """Run `act` with the number of steps it may take, one more each time, until it is done; yield after each kill."""
    steps = 0
    while True:
        with pytest.MonkeyPatch.context() as patch:
            _limit(patch, steps)
            try:
                act(steps)
            except Killed:
                done = False
            else:
                done = True
        if done:
            return
        yield steps
        steps += 1


def _limit(patch: pytest.MonkeyPatch, steps: int) -> None:
    left = steps

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return call(*arguments, **named)

        return step

    for module, names in ((os, ("replace", "unlink", "mkdir", "rmdir")), (shutil, ("rmtree",))):
        for name in names:
            patch.setattr(module, name, counted(getattr(module, name)))
