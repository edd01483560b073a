"""`umaya vault sweep` deletes reports whose time is over on a real hub."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from umaya.cli import main
from umaya.hub import Settings, init_hub, open_hub
from umaya.services.reports.models import ReportRow

OLD = datetime(2020, 1, 1, tzinfo=UTC)


def _swept(hub: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
    monkeypatch.setattr(sys, "argv", ["umaya", "vault", "sweep", "--hub", str(hub), *options])
    with pytest.raises(SystemExit) as caught:
        main()
    assert not caught.value.code


def test_the_daily_sweep_deletes_old_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "hub"
    init_hub(directory, Settings("minase.example/umaya"))
    hub = open_hub(directory)
    place = {"segment_id": 0, "way_id": 1, "lon": 136.8, "lat": 36.2}
    who = {"party": "post-minase", "reporter": "post-carrier"}
    with hub.database.writing() as session:
        row = ReportRow(id="1", kind="ice", made_at=OLD, holds_until=OLD, confirmations=0, masked=0, **place, **who)
        session.add(row)
    hub.close()
    _swept(directory, monkeypatch, "--pretend")
    assert "1 reports and 0 photos of others are due" in capsys.readouterr().out
    _swept(directory, monkeypatch)
    assert "1 reports and 0 photos of others were deleted" in capsys.readouterr().out
    hub = open_hub(directory)
    with hub.database.reading() as session:
        assert session.get(ReportRow, "1") is None
    hub.close()
