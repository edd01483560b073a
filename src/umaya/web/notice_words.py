"""The words of a notice as pages show them: lines that belong together, and what a version says otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from umaya.gate.joint_use import Notice, Sections

Groups = list[tuple[str, list[list[str]]]]
"""Headings, each with groups of lines."""

_LABELS = ("住所: ", "代表者: ", "Address: ", "Representative: ")
"""Lines of the published words that belong to the name above them."""


def grouped(sections: Sections) -> Groups:
    """Return the sections after the title, an address and a representative together with the name that they are of."""
    found: Groups = []
    for heading, paragraphs in sections[1:]:
        groups: list[list[str]] = []
        for line in paragraphs:
            if groups and line.startswith(_LABELS):
                groups[-1].append(line)
            else:
                groups.append([line])
        found.append((heading, groups))
    return found


@dataclass(frozen=True)
class Difference:
    """What a version says otherwise under one heading, in the published words."""

    heading: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


def differences(before: Notice, after: Notice, language: str) -> list[Difference]:
    """Return what a version says otherwise than the one before, by heading."""
    old = dict(before.words[language].sections[1:])
    found = []
    for heading, paragraphs in after.words[language].sections[1:]:
        earlier = old.get(heading, ())
        removed = tuple(line for line in earlier if line not in paragraphs)
        added = tuple(line for line in paragraphs if line not in earlier)
        if removed or added:
            found.append(Difference(heading, removed, added))
    return found
