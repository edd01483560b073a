"""`umaya init` as its user meets it: one line when it worked, one line and exit code 2 when not."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.cli.calls import alone, umaya


def test_it_makes_a_hub_and_says_what_to_keep(tmp_path: Path) -> None:
    done = alone("init", tmp_path / "hub", "--origin", "minase.example/umaya")
    assert done.returncode == 0, done.stderr
    assert "ledger.vkey" in done.stdout
    assert (tmp_path / "hub" / "hub.toml").is_file()


def test_a_folder_in_use_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    done = umaya("init", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "the folder is not empty; name one that is empty or not there yet" in done.stderr


@pytest.mark.postgres
def test_a_url_that_may_not_make_roles_prints_what_an_administrator_runs(tmp_path: Path, postgres_url: str) -> None:
    url = make_url(postgres_url)
    role = f"{url.database}_service"  # goes with the database
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
    engine.dispose()
    poor = url.set(username=role, password="secret").render_as_string(hide_password=False)
    done = umaya("init", str(tmp_path / "hub"), "--database", poor)
    assert done.returncode == 2
    assert done.stdout.count("CREATE ROLE") == 2
    assert "CREATE SCHEMA gate AUTHORIZATION" in done.stdout
    assert "an administrator run the printed SQL" in done.stderr
    assert "secret" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_serving_what_is_no_hub_is_refused(tmp_path: Path) -> None:
    done = umaya("serve", str(tmp_path))
    assert done.returncode == 2
    assert "the folder is no hub; make one with `umaya init`" in done.stderr
