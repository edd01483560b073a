"""`umaya emergency`: opened, taken, ended, reviewed and listed from the command line, refusals with whom to call."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner, Result

from tests.web.hubs import APPLICANT, APPROVER, OFFICER, VERIFIER, make_hub
from umaya.cli import app
from umaya.gate import Area, Words
from umaya.sample.emergency import PLAN
from umaya.types.errors import ForbiddenError, InputError
from umaya.types.site import Actor

RESPONDER = Actor("minase-responder", "救 五郎", "city-minase", frozenset({"responder"}))
DOCUMENT = """\
scheme: minase-bikes-emergency
title: {ja: 緊急時計画, en: Emergency plan}
provider: post-minase
recipient: city-minase
dataset: bike-positions
fields: [vehicle_id, t, lon, lat]
purpose: {ja: 人の命を救う, en: Save lives}
basis: postal-exception-2
area: {bbox: [136.0, 36.0, 138.0, 37.0]}
period: {from: 2026-01-01, to: 2099-12-31}
obligations: []
emergency: {hours: 24, area_km2: 500, call: {ja: 当直, en: Duty desk}}
"""
WORDS = ["--why", "探す", "--danger", "人", "--why-raw", "位置", "--why-fields", "最小", "--harm", "消す"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A hub on the machine's clock with a plan, a responder and a disaster that began an hour ago."""
    folder = tmp_path / "hub"
    hub = make_hub(folder, disaster=False)
    now = datetime.now(UTC)
    hub.clock.set(now)  # type: ignore[attr-defined] # a clock that tests set
    hub.gate.catalogue.add_actor(RESPONDER)
    hub.gate.schemes.submit(APPLICANT, DOCUMENT, "plan.yaml")
    hub.gate.review.verify(VERIFIER, PLAN)
    hub.gate.review.approve(APPROVER, PLAN)
    area = Area.of_box([136.80, 36.20, 136.90, 36.28])
    start = now - timedelta(hours=1)
    hub.gate.events.declare(
        OFFICER, "quake", Words("地震", "Quake"), "city-minase", area, start, now + timedelta(days=1)
    )
    hub.close()
    return folder


def run(folder: Path, *words: str, who: str = RESPONDER.id) -> Result:
    return CliRunner().invoke(app, ["emergency", *words, "--hub", str(folder), "--as", who])


def test_an_emergency_from_its_opening_to_its_review(folder: Path, tmp_path: Path) -> None:
    """Opened, taken as an Arrow stream, listed; a second one is refused until the second line has reviewed it."""
    opening = ["open", "bike-positions", "--event", "quake", "--fields", "vehicle_id,t", "--hours", "2", *WORDS]
    opened = run(folder, *opening)
    assert opened.exit_code == 0, opened.exception
    emergency = opened.stdout.split()[0]
    taken = run(folder, "take", emergency, "--out", str(tmp_path / "raw.arrows"))
    assert taken.exit_code == 0, taken.exception
    assert pa.ipc.open_stream(tmp_path / "raw.arrows").schema.names == ["vehicle_id", "t"]
    again = run(folder, *opening)
    assert isinstance(again.exception, ForbiddenError)
    assert "emergency-locked" in str(again.exception)
    assert run(folder, "end", emergency, "--note", "終わり").exit_code == 0
    words = ["--finding", "justified", "--seen", "見た", "--measures", "なし"]
    assert run(folder, "review", emergency, *words, who=VERIFIER.id).exit_code == 0
    (told,) = json.loads(run(folder, "list", "--json", who=VERIFIER.id).stdout)
    assert (told["id"], told["state"], told["rows"]) == (emergency, "reviewed", 0)


def test_without_a_plan_it_is_said_whom_to_call(folder: Path) -> None:
    outcome = run(folder, "open", "other", "--event", "quake", "--fields", "t", "--hours", "1", *WORDS)
    assert isinstance(outcome.exception, ForbiddenError)
    assert "emergency-no-plan" in str(outcome.exception)


def test_a_finding_that_is_none_is_a_mistake(folder: Path) -> None:
    outcome = run(folder, "review", "x", "--finding", "fine", "--seen", "見た", "--measures", "なし", who=VERIFIER.id)
    assert isinstance(outcome.exception, InputError)


@pytest.mark.parametrize("hours", ["nan", "inf", "-1", "0", "1e300"])
def test_hours_that_are_none_open_nothing(folder: Path, hours: str) -> None:
    outcome = run(folder, "open", "bike-positions", "--event", "quake", "--fields", "t", f"--hours={hours}", *WORDS)
    assert isinstance(outcome.exception, InputError)
    assert run(folder, "list", "--json").stdout.split() in (["[]"], [])
