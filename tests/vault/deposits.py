"""A tiny dataset about people for the tests of the vault: seven deposits of five people, in two towns.

person  balance  matures     town
   1       100   2026-07-01  みなせ
   1       200   2026-08-01  みなせ
   2       300   2026-07-01  みなせ
   3       400   2026-09-01  みなせ
   4      null   2026-07-01  さくら
   5       500   2026-07-15  さくら
   5       600   2026-08-15  さくら
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyroaring import BitMap

from umaya.stores.lake import Placement
from umaya.types.clock import ManualClock
from umaya.vault import Grant, Layout, Mint, Obligations, Owed, Predicate, Vault, standard_factories

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
SECRET = bytes(range(32))
SCHEMA = pa.schema(
    [
        pa.field("person", pa.uint32(), nullable=False),
        pa.field("balance", pa.int64()),
        pa.field("matures", pa.date32()),
        pa.field("town", pa.string()),
    ]
)
LAYOUT = Layout(SCHEMA, Placement(), (), "person")
COLUMNS = ("balance", "matures", "town")
EVERYBODY = BitMap([1, 2, 3, 4, 5])
PEOPLE = [1, 1, 2, 3, 4, 5, 5]


def deposits(people: Iterable[int], balances: Iterable[int | None], **others: Any) -> pa.Table:
    """Rows of some people with their balances; the rest alike, unless given."""
    numbers, amounts = list(people), list(balances)
    return pa.table(
        [
            numbers,
            amounts,
            others.get("matures", [date(2026, 7, 1)] * len(numbers)),
            others.get("town", ["みなせ"] * len(numbers)),
        ],
        schema=SCHEMA,
    )


SEVEN = deposits(
    PEOPLE,
    [100, 200, 300, 400, None, 500, 600],
    matures=[date(2026, m, d) for m, d in ((7, 1), (8, 1), (7, 1), (9, 1), (7, 1), (7, 15), (8, 15))],
    town=["みなせ"] * 4 + ["さくら"] * 3,
)


class Deposits:
    """A vault with the seven rows, and the mint of its grants."""

    def __init__(self, directory: Path, *tables: pa.Table) -> None:
        self.directory = directory
        self.clock = ManualClock(NOW)
        self._nonces = iter(range(1_000_000))
        self.mint = Mint(SECRET, self.clock, lambda size: next(self._nonces).to_bytes(size, "big"))
        self.vault = self.new_vault()
        for at, table in enumerate(tables or (SEVEN,)):
            self.write(table, f"w{at}")

    def new_vault(self, secret: bytes = SECRET) -> Vault:
        """Return another vault on the same directory, as another process would have."""
        return Vault(self.directory, SECRET, self.clock, Obligations(standard_factories(secret)))

    def write(self, table: pa.Table, name: str, dataset: str = "deposits") -> None:
        """Write rows that hold."""
        with self.vault.stage(dataset, LAYOUT, table, name) as pending:
            pending.commit()

    def grant(
        self, people: BitMap | None = EVERYBODY, *obligations: tuple[str, dict[str, Any]], **others: Any
    ) -> Grant:
        """Return a grant for all columns and the given people."""
        given: dict[str, Any] = {
            "use": "u",
            "entry": 1,
            "scheme": "insurance-offer",
            "dataset": "deposits",
            "layout": LAYOUT,
            "columns": COLUMNS,
            "window": None,
            "span": None,
            "area": None,
            "obligations": tuple(Owed.of(name, parameters) for name, parameters in obligations),
            "people": people,
        }
        return self.mint.grant(**{**given, **others})

    def read(
        self,
        people: BitMap | None = EVERYBODY,
        *obligations: tuple[str, dict[str, Any]],
        matching: tuple[Predicate, ...] = (),
    ) -> pa.Table:
        """Return what a grant yields."""
        return self.vault.open(self.grant(people, *obligations, matching=matching)).table()
