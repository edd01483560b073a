"""The front-end build: pinned, from nowhere in particular, complete, and found by the pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from umaya.web.assets import Assets

PROJECT = Path(__file__).resolve().parents[2]
USED = ("site.js", "site.css", "roads.js", "roads.css", "roads-live.js", "maplibre-worker.js")


def test_the_lock_file_names_hashes_and_no_addresses() -> None:
    lock = json.loads((PROJECT / "package-lock.json").read_text("utf-8"))
    packages = {name: about for name, about in lock["packages"].items() if name}
    assert packages
    for name, about in packages.items():
        assert "resolved" not in about, name
        assert about["integrity"].startswith("sha512-"), name


def test_versions_are_exact() -> None:
    package = json.loads((PROJECT / "package.json").read_text("utf-8"))
    for version in {**package["dependencies"], **package["devDependencies"]}.values():
        assert version[0].isdigit(), version


def test_every_file_that_pages_name_was_built() -> None:
    assets = Assets()
    if not assets.built:
        pytest.skip("the front end is not built: run `make frontend`")
    for name in USED:
        path = assets.directory / assets.url(name).removeprefix("/static/")
        assert path.is_file(), name


def test_without_a_build_addresses_lead_nowhere_and_pages_still_work(tmp_path: Path) -> None:
    assets = Assets(tmp_path)
    assert not assets.built
    assert assets.url("site.css") == "/static/not-built/site.css"
