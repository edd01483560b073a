"""Profiles: which OpenStreetMap ways a vehicle may use, and which of them are private.

A profile is a TOML document: an ordered list of rules, of which the first that fits a way decides; a way that no
rule fits is left out. The shipped ones lie beside this module in `profiles/`. Tags follow the OpenStreetMap wiki
(Key:highway, Key:access, Key:service). This module judges tags only; geometry is the importer's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any

from umaya.types.errors import InputError, Place

ANY = "*"
"""Value that fits whenever the key is there."""


class Use(StrEnum):
    """What becomes of a way."""

    PUBLIC = "public"
    """An edge of the road network."""
    PRIVATE = "private"
    """An access: hangs from a public edge, never a part of the graph."""
    EXCLUDED = "excluded"
    """Left out."""


@dataclass(frozen=True)
class Rule:
    """One rule of a profile.

    Attributes:
        use: what becomes of a way that fits.
        when: for each key the accepted values (`*` for any); all keys must fit.
        unless: likewise; a way that fits one of these keys does not fit the rule.
        min_width_m: the tag `width` must be there and at least this, in metres; None for no such condition.
        kind: for private ways: the word kept in `accesses.kind`; None for the way's own `service` or `highway` value.
    """

    use: Use
    when: Mapping[str, frozenset[str]]
    unless: Mapping[str, frozenset[str]]
    min_width_m: float | None
    kind: str | None

    def fits(self, tags: Mapping[str, str]) -> bool:
        """Tell whether a way with `tags` falls under this rule."""
        if not all(_accepts(values, tags.get(key)) for key, values in self.when.items()):
            return False
        if any(_accepts(values, tags.get(key)) for key, values in self.unless.items()):
            return False
        return self.min_width_m is None or _width_m(tags) >= self.min_width_m


@dataclass(frozen=True)
class Profile:
    """Which ways to import, and how.

    Attributes:
        name: short id.
        rules: in order; the first that fits decides.
        oneway_keys: tags that tell the direction for this vehicle; the first that is there decides.
        oneway_highways: classes that are one-way where no tag says otherwise.
        max_access_m: a private way that touches no public road hangs from the nearest one within this distance.
    """

    name: str
    rules: tuple[Rule, ...]
    oneway_keys: tuple[str, ...]
    oneway_highways: frozenset[str]
    max_access_m: float

    @classmethod
    def load(cls, name: str | Path) -> Profile:
        """Read a shipped profile by name, or one's own by the path of its `.toml` file.

        Raises:
            InputError: when there is none of that name, or a key is missing, unknown or of the wrong type.
        """
        path = Path(name)
        if path.suffix == ".toml":
            return _parse(str(path), _read(path))
        folder = resources.files(__package__) / "profiles"
        shipped = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
        if str(name) not in shipped:
            advice = f"name a .toml file or one of {', '.join(shipped)}"
            raise InputError(Place(str(name)), "is not a shipped road profile", advice)
        return _parse(f"{name}.toml", (folder / f"{name}.toml").read_text(encoding="utf-8"))

    def judge(self, tags: Mapping[str, str]) -> tuple[Use, str]:
        """Return what becomes of a way with `tags`, and its kind (the word for `accesses.kind`)."""
        for rule in self.rules:
            if rule.fits(tags):
                return rule.use, rule.kind or tags.get("service") or tags.get("highway", "")
        return Use.EXCLUDED, ""

    def direction(self, tags: Mapping[str, str]) -> int:
        """Return 1 where only the way's own direction may be driven, -1 for only the opposite, 0 for both."""
        value = next((tags[key] for key in self.oneway_keys if key in tags), None)
        if value in {"yes", "true", "1"}:
            return 1
        if value in {"-1", "reverse"}:
            return -1
        if value is not None:  # no, false, 0, reversible, alternating: driven both ways at some time
            return 0
        return int(tags.get("junction") == "roundabout" or tags.get("highway") in self.oneway_highways)


def _accepts(values: frozenset[str], value: str | None) -> bool:
    return value is not None and (ANY in values or value in values)


def _width_m(tags: Mapping[str, str]) -> float:
    """Return the tagged width in metres; 0 where it is absent or not a number."""
    try:
        return float(tags.get("width", "0").removesuffix("m").strip())
    except ValueError:
        return 0.0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(Place(str(path)), "cannot be read", "give a TOML file in UTF-8") from error


def _parse(file: str, text: str) -> Profile:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(Place(file), f"is not TOML: {error}", "mend the file") from error
    reader = _Reader(file)
    reader.keys("", document, required={"name", "rules"}, optional={"oneway_keys", "oneway_highways", "max_access_m"})
    rules = document["rules"]
    if not isinstance(rules, list) or not rules or not all(isinstance(rule, dict) for rule in rules):
        raise reader.fault("rules", "is not a list of tables", "write each rule under [[rules]]")
    return Profile(
        name=reader.text("name", document["name"]),
        rules=tuple(_rule(reader, f"rules[{number}]", rule) for number, rule in enumerate(rules, start=1)),
        oneway_keys=tuple(reader.texts("oneway_keys", document.get("oneway_keys", ["oneway"]))),
        oneway_highways=frozenset(reader.texts("oneway_highways", document.get("oneway_highways", ["motorway"]))),
        max_access_m=reader.metres("max_access_m", document.get("max_access_m", 0.0)),
    )


def _rule(reader: _Reader, at: str, rule: dict[str, Any]) -> Rule:
    reader.keys(at, rule, required={"use", "when"}, optional={"unless", "min_width_m", "kind"})
    if rule["use"] not in set(Use):
        raise reader.fault(f"{at}.use", "is not a use of ways", f"write one of {', '.join(Use)}")
    return Rule(
        use=Use(rule["use"]),
        when=reader.condition(f"{at}.when", rule["when"]),
        unless=reader.condition(f"{at}.unless", rule.get("unless", {})),
        min_width_m=reader.metres(f"{at}.min_width_m", rule["min_width_m"]) if "min_width_m" in rule else None,
        kind=reader.text(f"{at}.kind", rule["kind"]) if "kind" in rule else None,
    )


@dataclass(frozen=True)
class _Reader:
    """Takes values out of the document, or says which key is wrong."""

    file: str

    def fault(self, key: str, problem: str, advice: str) -> InputError:
        return InputError(Place(self.file, field=key or None), problem, advice)

    def keys(self, at: str, table: dict[str, Any], required: set[str], optional: set[str]) -> None:
        prefix = f"{at}." if at else ""
        for key in sorted(required - table.keys()):
            raise self.fault(prefix + key, "is missing", "add it")
        for key in sorted(table.keys() - required - optional):
            raise self.fault(prefix + key, "is not known", f"known here: {', '.join(sorted(required | optional))}")

    def text(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not value:
            raise self.fault(key, "is not a text", "write a text in quotes")
        return value

    def texts(self, key: str, value: object) -> list[str]:
        if not isinstance(value, list):
            raise self.fault(key, "is not a list", 'write a list such as ["oneway"]')
        return [self.text(key, item) for item in value]

    def metres(self, key: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1000:
            raise self.fault(key, "is not a length between 0 and 1000 metres", "write a number of metres")
        return float(value)

    def condition(self, key: str, value: object) -> dict[str, frozenset[str]]:
        if not isinstance(value, dict):
            raise self.fault(key, "is not a table", 'write a table such as { highway = ["residential"] }')
        return {tag: frozenset(self.texts(f"{key}.{tag}", values)) for tag, values in value.items()}
