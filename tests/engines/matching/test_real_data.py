"""Thresholds on the supplied tracks, looser than what the bench measures, so that a loss is seen at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[3] / "bench" / "probe.py"
LEAST_RIGHT_EDGE = {"nerima-deliver_s5": 0.975, "nerima-deliver_s10": 0.95, "liechtenstein-move_s5": 0.975}


@pytest.mark.slow
@pytest.mark.parametrize("name", LEAST_RIGHT_EDGE)
def test_on_real_roads_it_is_at_least_as_good_as_fastmm(shared_data: Path, name: str) -> None:
    pytest.importorskip("fastmm")
    assert shared_data.is_dir()
    command = [sys.executable, str(BENCH), "--json", "--quick", "--only", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout.splitlines()[-1])["sets"][name]
    assert figures["umaya"]["right_edge"] >= LEAST_RIGHT_EDGE[name]
    assert figures["umaya"]["mismatch"] <= 0.02
    assert figures["umaya"]["added"] <= 0.005
    assert figures["umaya"]["right_edge"] >= figures["fastmm"]["right_edge"]
    assert figures["umaya"]["added"] <= figures["fastmm"]["added"]
