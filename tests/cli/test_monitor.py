"""`umaya monitor`: a day is run, cases are listed, a month is reported."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from typer.testing import CliRunner

from tests.gate.lists import ACTORS, BANK, TOPIC, Lists
from umaya.cli import app
from umaya.gate.monitoring.settings import Relation
from umaya.gate.people.look_ups import Way
from umaya.hub import Settings, init_hub, open_hub
from umaya.types.clock import ManualClock

AT = datetime(2026, 4, 1, 1, tzinfo=UTC)


def test_a_day_a_list_and_a_month(tmp_path: Path) -> None:
    """Run twice, nothing is raised twice; a month that is over is reported once."""
    folder, clock = tmp_path / "hub", ManualClock(AT)
    init_hub(folder, Settings("minase.example/umaya", demo=True), clock)
    hub = open_hub(folder, clock, {})
    Lists.of_gate(hub.gate, clock).furnish()
    teller = ACTORS["teller"]
    hub.gate.monitoring.settings.restrict(teller, hub.gate.numbers.of(BANK, 1), Relation.FAMILY)
    hub.gate.consents.look_up(teller, 1, TOPIC, Way.PAGE)
    hub.close()
    runner, at = CliRunner(), ["--hub", str(folder)]
    done = [
        json.loads(runner.invoke(app, ["monitor", "run", *at, "--day", "2026-04-01", "--json"]).stdout) for _ in "12"
    ]
    assert [one["raised"] for one in done] == [0, 0]
    listed = runner.invoke(app, ["monitor", "list", *at, "--as", "second-line", "--json"])
    assert [one["kind"] for one in json.loads(listed.stdout)] == ["restricted"]
    assert "second-line until" in runner.invoke(app, ["monitor", "list", *at, "--as", "second-line"]).stdout
    wrong = runner.invoke(app, ["monitor", "run", *at, "--day", "tomorrow"])
    assert "write YYYY-MM-DD" in str(wrong.exception)
