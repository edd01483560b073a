"""Classes after obligations: what is left of each field's secrecy when every step has done what it declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from umaya.types.classes import SecrecyClass
from umaya.types.effects import ClassEffect


def classes_after(fields: Mapping[str, SecrecyClass], effects: Sequence[ClassEffect]) -> dict[str, SecrecyClass]:
    """Return the class of every field after the effects, in their order; fields that are gone are left out.

    Args:
        fields: name to class before the first step.
        effects: of the steps, in order.
    """
    left = dict(fields)
    for effect in effects:
        left = {name: after for name, before in left.items() if (after := _after(effect, name, before)) is not None}
    return left


def _after(effect: ClassEffect, name: str, before: SecrecyClass) -> SecrecyClass | None:
    if effect.fields is not None and name not in effect.fields:
        return before
    return effect.becomes.get(before, before)
