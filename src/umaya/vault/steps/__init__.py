"""The obligations that need nothing but the rows: one file each, pure functions on Arrow tables.

What always holds: each takes something away or says something, none names a value in an error, none keeps what it was
given. Parameters are checked when a scheme is handed in. Those that need roads or models live above, beside what they
need.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from umaya.vault.obligations import Factory
from umaya.vault.steps.age_bands import AgeBands, AgeBandsParameters
from umaya.vault.steps.aggregate import Aggregate, AggregateParameters
from umaya.vault.steps.cell_counts import CellCounts, CellCountsParameters
from umaya.vault.steps.columns import Parameters
from umaya.vault.steps.date_units import DateUnits, DateUnitsParameters
from umaya.vault.steps.delete_by import DeleteBy, DeleteByParameters
from umaya.vault.steps.drop import Drop, DropParameters
from umaya.vault.steps.mask import Mask, MaskParameters
from umaya.vault.steps.mesh_cells import MeshCells, MeshCellsParameters
from umaya.vault.steps.number_bands import NumberBands, NumberBandsParameters
from umaya.vault.steps.postcodes import Postcodes, PostcodesParameters
from umaya.vault.steps.pseudonymise import Pseudonymise, PseudonymiseParameters
from umaya.vault.steps.round_numbers import Round, RoundParameters
from umaya.vault.steps.threshold import Threshold, ThresholdParameters
from umaya.vault.steps.towns import Towns, TownsParameters

__all__ = ["PARAMETERS", "standard_factories"]

PARAMETERS: Final[Mapping[str, type[Parameters]]] = {
    "aggregate": AggregateParameters,
    "count-in-cells": CellCountsParameters,
    "delete-by": DeleteByParameters,
    "drop": DropParameters,
    "generalise-addresses": TownsParameters,
    "generalise-birth-dates": AgeBandsParameters,
    "generalise-dates": DateUnitsParameters,
    "generalise-numbers": NumberBandsParameters,
    "generalise-places": MeshCellsParameters,
    "generalise-postcodes": PostcodesParameters,
    "k-threshold": ThresholdParameters,
    "mask": MaskParameters,
    "pseudonymise": PseudonymiseParameters,
    "round": RoundParameters,
}
"""What each takes, by the name that schemes use."""


def standard_factories(secret: bytes) -> Mapping[str, Factory]:
    """Return the factories of the steps here, by the name that schemes use.

    Args:
        secret: of the hub, at least 32 random bytes that stay the same as long as pseudonyms shall.

    Raises:
        ValueError: when the secret is too short.
    """
    if len(secret) < 32:
        raise ValueError("the secret of pseudonyms must have at least 32 bytes")
    return {
        "aggregate": lambda given: Aggregate(AggregateParameters.model_validate(given)),
        "count-in-cells": lambda given: CellCounts(CellCountsParameters.model_validate(given)),
        "delete-by": lambda given: DeleteBy(DeleteByParameters.model_validate(given)),
        "drop": lambda given: Drop(DropParameters.model_validate(given)),
        "generalise-addresses": lambda given: Towns(TownsParameters.model_validate(given)),
        "generalise-birth-dates": lambda given: AgeBands(AgeBandsParameters.model_validate(given)),
        "generalise-dates": lambda given: DateUnits(DateUnitsParameters.model_validate(given)),
        "generalise-numbers": lambda given: NumberBands(NumberBandsParameters.model_validate(given)),
        "generalise-places": lambda given: MeshCells(MeshCellsParameters.model_validate(given)),
        "generalise-postcodes": lambda given: Postcodes(PostcodesParameters.model_validate(given)),
        "k-threshold": lambda given: Threshold(ThresholdParameters.model_validate(given)),
        "mask": lambda given: Mask(MaskParameters.model_validate(given)),
        "pseudonymise": lambda given: Pseudonymise(PseudonymiseParameters.model_validate(given), secret),
        "round": lambda given: Round(RoundParameters.model_validate(given)),
    }
