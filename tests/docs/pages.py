"""Reads the documents as tables and blocks, for the tests beside this file."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
REFERENCE = PROJECT / "docs/reference"


def section(page: Path, heading: str) -> str:
    """Return what stands below a heading, up to the next heading of its level or above."""
    text = page.read_text("utf-8")
    begin = re.search(rf"^(#+) {re.escape(heading)}\n", text, re.MULTILINE)
    assert begin is not None, f"{page.name} has no heading `{heading}`"
    rest = text[begin.end() :]
    end = re.search(rf"^#{{1,{len(begin[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def rows(text: str) -> list[list[str]]:
    """Return the rows of the first table of a text, without its header; code marks are taken off whole cells."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    table = re.search(r"(?:^\|.*\|\n?)+", text, re.MULTILINE)
    assert table is not None, "there is no table"
    lines = table[0].strip().splitlines()[2:]
    return [[_plain(cell) for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def names(text: str) -> list[str]:
    """Return the first cells of the first table of a text."""
    return [row[0] for row in rows(text)]


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def _plain(cell: str) -> str:
    cell = cell.strip()
    whole = re.fullmatch(r"`([^`]*)`", cell)
    return whole[1] if whole else cell
