"""The people of the town as customers of its bank: balances, maturity dates, and what they say when they are asked.

Drawn from the households and a seed; no real person stands behind a row. Vectorised: no loop over people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from umaya.sample.town import Town

DEPOSITS: Final = pa.schema(
    [
        pa.field("person", pa.uint32(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("town", pa.string()),
        pa.field("balance", pa.int64()),
        pa.field("matures", pa.date32()),
    ]
)
"""What the bank holds: `balance` in yen, `matures` the day a fixed deposit ends."""

_FIRST_MATURITY: Final = date(2026, 12, 1)
_MATURITY_DAYS: Final = 365


@dataclass(frozen=True)
class Customers:
    """The customers, and the truth of what they said.

    Attributes:
        deposits: one row for each, schema `DEPOSITS`.
        asked: numbers of those who consented in the campaign.
        withdrew: of these, those who withdrew afterwards.
        protected: whom a protective measure stands before; some of them consented.
    """

    deposits: pa.Table
    asked: npt.NDArray[np.uint32]
    withdrew: npt.NDArray[np.uint32]
    protected: npt.NDArray[np.uint32]


def customers(town: Town, seed: int) -> Customers:
    """Return the customers of a town: two of three heads of household, the same for the same seed."""
    rng = np.random.default_rng([seed, 0xBA7C])
    chosen = _chosen(town, rng)
    people = np.arange(len(chosen), dtype=np.uint32)
    boxes = pc.index_in(town.households.column("letterbox_id").take(chosen), town.letterboxes.column("letterbox_id"))
    quarter = pc.extract_regex(town.letterboxes.column("address").take(boxes), r"(?P<town>^[^0-9０-９]+)")
    days = rng.integers(0, _MATURITY_DAYS, len(people))
    deposits = pa.table(
        {
            "person": pa.array(people),
            "name": town.households.column("head_name").take(chosen),
            "town": pc.struct_field(quarter, "town"),
            "balance": pa.array((rng.lognormal(14.0, 1.2, len(people)) // 1000 * 1000).astype(np.int64)),
            "matures": pa.array(np.datetime64(_FIRST_MATURITY) + days.astype("timedelta64[D]")),
        },
        DEPOSITS,
    )
    asked = people[rng.random(len(people)) < 0.55]
    withdrew = asked[rng.random(len(asked)) < 0.03]
    protected = people[rng.random(len(people)) < 0.005]
    return Customers(deposits, asked, withdrew, protected)


def chosen_households(town: Town, seed: int) -> npt.NDArray[np.int64]:
    """Return the rows of households whose heads are customers, by the customers' numbers."""
    return _chosen(town, np.random.default_rng([seed, 0xBA7C]))


def _chosen(town: Town, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    return np.flatnonzero(rng.random(town.households.num_rows) < 2 / 3)
