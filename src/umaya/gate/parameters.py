"""What obligations take, for forms that ask for it: the parameters of the standard ones, given on from the vault.

Forms offer and convert; whether a value is right the obligation itself says, when the scheme is checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel

from umaya.vault.steps import PARAMETERS

STANDARD_PARAMETERS: Final[Mapping[str, type[BaseModel]]] = dict(PARAMETERS)
"""The model of each standard obligation's parameters, by the name that schemes use."""
