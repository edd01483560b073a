"""Reading and writing documents: YAML in, plain data and the line of every key out, and back.

Must hold: what a person reads in the file is what is stored. So a key that stands twice is refused instead of the last
one winning, aliases and merges are refused (they hide content), and only plain YAML values are built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from umaya.types.errors import InputError, Place

MAX_CHARACTERS = 200_000
_MERGE = "tag:yaml.org,2002:merge"
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A document as data.

    Attributes:
        file: name of the file, for errors.
        data: mappings, lists and scalars.
        lines: 1-based line of each key path.
    """

    file: str
    data: dict[str, Any]
    lines: dict[Path, int]

    def place(self, path: Path) -> Place:
        """Return where a key path stands; its nearest parent's line where it is absent."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        return Place(self.file, row=self.lines.get(known), field=key_path(path) or None)


def key_path(path: Path) -> str:
    """Return a key path as people write it: `obligations[1].suppress-dead-ends`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def read(text: str, file: str) -> Document:
    """Read one YAML document.

    Raises:
        InputError: when it is too long, no YAML, no mapping, repeats a key, uses an alias or merges.
    """
    if len(text) > MAX_CHARACTERS:
        raise InputError(Place(file), "the document is too long", f"keep it under {MAX_CHARACTERS:,} characters")
    try:
        for token in yaml.scan(text, yaml.SafeLoader):
            if isinstance(token, yaml.AliasToken):
                raise _fault(file, token.start_mark, "the document uses an alias", "write the value out")
        root = yaml.compose(text, yaml.SafeLoader)
        lines: dict[Path, int] = {}
        if isinstance(root, yaml.MappingNode):
            _walk(root, (), lines, file)
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        raise _fault(file, error.problem_mark, "the document is not YAML", "mend the syntax") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(Place(file), "the document is not YAML", "mend the syntax") from error
    if not isinstance(data, dict):
        raise InputError(Place(file), "the document is no mapping of keys to values", "write `key: value`, one a line")
    return Document(file, data, lines)


class _Plain(yaml.SafeDumper):
    """Writes every value out where it stands, as `read` wants it."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def write(data: Mapping[str, Any]) -> str:
    """Return data as YAML, its keys in their order; `read` returns the same data."""
    text: str = yaml.dump(dict(data), Dumper=_Plain, allow_unicode=True, sort_keys=False, width=120)
    return text


def _walk(node: yaml.Node, path: Path, lines: dict[Path, int], file: str) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            if key.tag == _MERGE:
                raise _fault(
                    file, key.start_mark, "the document merges a mapping", "write the keys out", key_path(here)
                )
            if here in lines:
                raise _fault(file, key.start_mark, "the key stands twice", "keep one of them", key_path(here))
            lines[here] = key.start_mark.line + 1
            _walk(value, here, lines, file)
    elif isinstance(node, yaml.SequenceNode):
        for at, value in enumerate(node.value):
            lines[*path, at] = value.start_mark.line + 1
            _walk(value, (*path, at), lines, file)


def _fault(file: str, mark: yaml.Mark | None, problem: str, advice: str, field: str | None = None) -> InputError:
    return InputError(Place(file, row=None if mark is None else mark.line + 1, field=field), problem, advice)
