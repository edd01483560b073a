"""The collection notice as people write it: YAML with `dataset`, `manner`, `purpose`, `wording`, `starts`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from umaya.gate import documents
from umaya.gate.catalogue import Words
from umaya.gate.collection.notices import Manner
from umaya.gate.scheme import Bilingual, input_error


class _Notice(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    dataset: str
    manner: Annotated[Manner, Field(strict=False)]
    purpose: Bilingual
    wording: Bilingual
    starts: date


@dataclass(frozen=True)
class Told:
    """What a document says; see `Collections.register`."""

    dataset: str
    manner: Manner
    purpose: Words
    wording: Words
    starts: date


def parse_notice(text: str, file: str) -> Told:
    """Return what a document says.

    Raises:
        InputError: at the first fault, naming file, line and key path.
    """
    document = documents.read(text, file)
    try:
        said = _Notice.model_validate(document.data)
    except ValidationError as error:
        raise input_error(document, error) from None  # its text would repeat the value
    purpose, wording = (Words(one.ja, one.en) for one in (said.purpose, said.wording))
    return Told(said.dataset, said.manner, purpose, wording, said.starts)
