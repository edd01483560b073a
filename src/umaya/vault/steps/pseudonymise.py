"""`pseudonymise`: each row gets a pseudonym of its person that is the same within one dataset and scheme, and no other.

    key        HMAC-SHA-256 (RFC 2104) under the hub's secret, of "umaya/pseudonym/v1" 00 dataset 00 scheme
    pseudonym  first 16 bytes of SHA-256 (key, person number in four bytes, most significant first)

The parties of a scheme never change, so a scheme's key is its recipient's alone. The message has one length, so what
extends a hash extends no pseudonym. Rows that are handed on together stand in the order of their pseudonyms: the order
in which they lay would be the same for every recipient and tie their pseudonyms together.
Evolution: another derivation is another name; released pseudonyms must stay the same.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Final

import numpy as np
import pyarrow as pa

from umaya.engines.hashing import sha256_rows
from umaya.types.classes import SecrecyClass
from umaya.types.effects import ClassEffect
from umaya.vault.obligations import ObligationContext
from umaya.vault.people import Numbers, numbers
from umaya.vault.steps.columns import FieldName, Parameters

BYTES: Final = 16


class PseudonymiseParameters(Parameters):
    """Of `pseudonymise`."""

    into: FieldName = "pseudonym"
    """The column that is added."""


@dataclass(frozen=True)
class Pseudonymise:
    """A table with a first column of pseudonyms (fixed_size_binary[16])."""

    parameters: PseudonymiseParameters
    secret: bytes = field(repr=False)
    name: ClassVar[str] = "pseudonymise"
    lookback: ClassVar[timedelta] = timedelta(0)
    may_end: ClassVar[bool] = True
    row_wise: ClassVar[bool] = True
    sees_people: ClassVar[bool] = True
    effects: ClassVar[tuple[ClassEffect, ...]] = ()

    @property
    def adds(self) -> Mapping[str, SecrecyClass]:
        """A pseudonym is personal: rows of one person stay together, and the hub knows whose."""
        return {self.parameters.into: SecrecyClass.ORDINARY}

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        if self.parameters.into in schema.names:
            raise ValueError(f"`into` names the field `{self.parameters.into}`, which is there already")
        return self.apply(schema.empty_table(), context).schema

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        """Return the rows with their pseudonyms, in their order."""
        people = numbers(data.column(str(context.subject)).combine_chunks())
        made = pseudonyms(self.key(context), people)
        column = pa.FixedSizeBinaryArray.from_buffers(pa.binary(BYTES), len(people), [None, pa.py_buffer(made)])
        named = pa.field(self.parameters.into, pa.binary(BYTES), nullable=False)
        return data.add_column(0, named, column).take(
            pa.array(np.argsort(made[:, :8].copy().view(">u8").ravel().astype(np.uint64)))
        )

    def key(self, context: ObligationContext) -> bytes:
        """Return the key of the dataset and scheme."""
        of = b"\0".join([b"umaya/pseudonym/v1", context.dataset.encode(), context.scheme.encode()])
        return hmac.digest(self.secret, of, hashlib.sha256)


def pseudonyms(key: bytes, people: Numbers) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Return (n, 16) pseudonyms of people under a key of 32 bytes."""
    messages = np.empty((len(people), len(key) + 4), np.uint8)
    messages[:, : len(key)] = np.frombuffer(key, np.uint8)
    messages[:, len(key) :] = people.astype(">u4").view(np.uint8).reshape(-1, 4)
    return np.ascontiguousarray(sha256_rows(messages)[:, :BYTES])
