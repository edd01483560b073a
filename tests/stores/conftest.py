"""The tests of the stores migrate by Alembic itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from umaya.stores.database import Database


@pytest.fixture(scope="module", autouse=True)
def by_alembic(migrate: object) -> Iterator[None]:
    """Put the migration that is under test back into its place."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "migrate", migrate)
        yield
