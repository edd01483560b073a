"""The reference is complete and true: what the code knows stands there, and what stands there the code knows."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
import typer

from umaya.api import create_app
from umaya.cli import app
from umaya.engines.buildings import schemas as buildings
from umaya.engines.buildings.params import calibrated as calibrated_buildings
from umaya.engines.matching import MatchParams
from umaya.engines.passability import PASSABILITY, ROUNDS, USUAL, calibrated
from umaya.gate.bodies import Office
from umaya.gate.bodies.registry import ROLE_OF
from umaya.gate.conditions import Condition, Rule
from umaya.gate.roles import ROLES
from umaya.gate.scheme import SchemeDocument
from umaya.gate.schemes import State
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.law import RULES, STAGES, Basis, Evidence, PrivacyDuty
from umaya.law.privacy_check import PROBLEMS
from umaya.ledger import Kind
from umaya.places.buildings.files import BUILDINGS
from umaya.places.roads.background import BACKGROUND
from umaya.places.roads.changes import CHANGES
from umaya.places.roads.references import REFERENCES
from umaya.types import identity_provider, schemas
from umaya.types.classes import SecrecyClass
from umaya.types.effects import BELOW
from umaya.web.problem import CODES

from .pages import PROJECT, REFERENCE, names, rows, section

SCHEMES = REFERENCE / "schemes.md"
BASES = REFERENCE / "legal-bases.md"
FORMATS = REFERENCE / "formats.md"
GROUPED = {"umaya consent", "umaya measure", "umaya scheme", "umaya use"}
"""Headings of a whole group of commands."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("docs") / "hub"
    init_hub(folder, Settings("minase.example/umaya"))
    opened = open_hub(folder, environment={})
    yield opened
    opened.close()


def test_every_setting_and_its_default() -> None:
    documented = {row[0]: row[2] for row in rows(section(REFERENCE / "settings.md", "`hub.toml`"))}
    shown = {"": "empty", (): "none", False: "false", True: "true"}
    actual = {
        field.name: "none, must be there" if field.default is dataclasses.MISSING else field.default
        for field in dataclasses.fields(Settings)
    }
    assert documented == {name: str(shown.get(default, default)) for name, default in actual.items()}


def test_every_key_of_an_identity_provider() -> None:
    documented = set(names(section(REFERENCE / "settings.md", "Identity providers")))
    assert documented == {*identity_provider.REQUIRED, *identity_provider.OPTIONAL}


def test_every_environment_variable() -> None:
    sources = [*PROJECT.glob("src/**/*.py"), *PROJECT.glob("tests/**/*.py"), *PROJECT.glob("scripts/*.py")]
    used = {name for path in sources for name in re.findall(r"\"(UMAYA_[A-Z_]+)\"", path.read_text("utf-8"))}
    assert set(names(section(REFERENCE / "settings.md", "Environment"))) == used


def test_the_shown_settings_file_is_what_init_writes(hub: Hub) -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", (REFERENCE / "settings.md").read_text("utf-8"), re.DOTALL)
    assert tomllib.loads(shown) == tomllib.loads((hub.directory / "hub.toml").read_text("utf-8"))


def test_every_file_of_a_hub(hub: Hub) -> None:
    create_app(hub)
    page = (REFERENCE / "hub-layout.md").read_text("utf-8")
    for path in hub.directory.rglob("*"):
        if path.is_file() and not path.name.startswith("hub.db-"):
            name = path.relative_to(hub.directory).as_posix()
            assert f"`{'ledger/tile/' if name.startswith('ledger/tile/') else name}`" in page, name


def test_every_route(hub: Hub) -> None:
    page = REFERENCE / "routes.md"
    documented = {(row[0], row[1]) for part in ("Pages", "API") for row in rows(section(page, part))}
    served = {(method, path) for method, path in _routes(create_app(hub).routes) if method != "HEAD"}
    assert documented == served


def _routes(routes: Any) -> Iterator[tuple[str, str]]:
    """Yield method and path of routes, those of included routers too; mounted files have no method."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from _routes(included.routes)
        for method in getattr(route, "methods", None) or ():
            yield method, route.path


def test_every_problem_code() -> None:
    documented = {row[0]: int(row[1]) for row in rows(section(REFERENCE / "routes.md", "Problems"))}
    assert documented == dict(CODES)


def test_every_role() -> None:
    assert sorted(names((REFERENCE / "roles.md").read_text("utf-8"))) == sorted(ROLES)


def test_every_command_with_its_options() -> None:
    page = REFERENCE / "cli.md"
    documented = {
        heading: set(names(section(page, f"`{heading}`")))
        for heading in re.findall(r"^##+ `(umaya [a-z -]+)`$", page.read_text("utf-8"), re.MULTILINE)
        if heading not in GROUPED
    }
    assert documented == dict(_commands(typer.main.get_command(app), "umaya"))


def _commands(command: Any, name: str) -> Iterator[tuple[str, set[str]]]:
    """Yield each command and its options and arguments, those that every command has left out."""
    if hasattr(command, "list_commands"):
        context = typer.Context(command)
        for child in command.list_commands(context):
            yield from _commands(command.get_command(context, child), f"{name} {child}")
        return
    options = {
        parameter.opts[-1] if parameter.opts[-1].startswith("-") else parameter.opts[-1].upper()
        for parameter in command.params
        if parameter.name not in {"help", "install_completion", "show_completion"}
    }
    yield name, options


def test_every_key_of_a_scheme_document() -> None:
    keys = {field.alias or name for name, field in SchemeDocument.model_fields.items()}
    assert set(names(section(SCHEMES, "Keys"))) == keys


def test_every_state_of_a_scheme() -> None:
    assert set(names(section(SCHEMES, "States of a version"))) == set(State)


def test_every_condition() -> None:
    documented = {row[0]: row[3] for row in rows(section(SCHEMES, "Conditions"))}
    assert documented == {rule: Condition(rule).look for rule in Rule}


def test_every_privacy_problem_by_its_group() -> None:
    text = section(SCHEMES, "Privacy check")
    documented = dict(re.findall(r"^\| (collection|processing|dissemination|invasion) \| (.*) \|$", text, re.MULTILINE))
    actual: dict[str, list[str]] = {}
    for problem, words in PROBLEMS.items():
        actual.setdefault(words.group, []).append(f"`{problem}`")
    assert documented == {group: ", ".join(problems) for group, problems in actual.items()}


def test_every_office_with_its_role() -> None:
    documented = {row[0]: row[2] for row in rows(section(REFERENCE / "roles.md", "Offices"))}
    assert documented == {office: ROLE_OF[office] for office in Office}


RECIPIENTS = {
    "provider": "the provider itself",
    "municipality": "a municipality",
    "tax-collector": "a municipality, prefecture or tax office",
    "bar-association": "a bar association",
    "joint-user": "a joint user of the notice",
    "any": "any party",
}


def test_every_basis_with_what_it_asks_for() -> None:
    text = section(BASES, "Bases")
    rules = RULES.at(date.max)
    assert f"In force from {rules.valid_from}" in text
    assert {row[0]: row[1:] for row in rows(text)} == {
        basis.id: [
            basis.title_ja,
            RECIPIENTS[basis.recipient],
            _listed(basis.obligations, "none"),
            _listed(basis.evidence, "nothing more"),
            basis.source,
        ]
        for basis in rules.bases.values()
    }


def _listed(items: tuple[str, ...], nothing: str) -> str:
    text = ", ".join(f"`{item}`" for item in items)
    return text.strip("`") if len(items) == 1 else text or nothing


def test_every_evidence_and_when_it_is_looked_at() -> None:
    documented = {row[0]: row[1] for row in rows(section(BASES, "Evidence"))}
    assert documented == {evidence: STAGES[evidence] for evidence in Evidence}


def test_when_the_privacy_check_must_be_answered() -> None:
    documented = {row[0]: set(re.findall(r"`([a-z0-9-]+)`", row[1])) for row in rows(section(BASES, "Privacy check"))}
    bases = RULES.at(date.max).bases.values()
    assert documented == {duty: {basis.id for basis in bases if basis.privacy_check is duty} for duty in PrivacyDuty}


def test_every_rule_set() -> None:
    documented = {row[0]: row[1] for row in rows(section(BASES, "Rule sets"))}
    assert documented == {str(rules.valid_from): rules.version for rules in RULES.sets}


def test_every_basis_with_the_classes_it_reaches() -> None:
    table = section(BASES, "Which classes")
    assert re.findall(r"`([a-z-]+)`", table.splitlines()[1]) == list(SecrecyClass)
    assert {row[0]: row[1:] for row in rows(table)} == {
        basis.id: [_reached(basis, secrecy) for secrecy in SecrecyClass] for basis in RULES.at(date.max).bases.values()
    }


def _reached(basis: Basis, secrecy: SecrecyClass) -> str:
    places = {"yes": basis.may, "within": basis.within_business, "lowered": basis.lowered, "no": basis.never}
    (place,) = (word for word, classes in places.items() if secrecy in classes)
    return place


def test_every_secrecy_class_and_what_it_can_become() -> None:
    page = REFERENCE / "secrecy-classes.md"
    assert names(page.read_text("utf-8")) == list(SecrecyClass)
    documented = {row[0]: row[1] for row in rows(section(page, "What steps can make of them"))}
    below = {secrecy: tuple(other for other in SecrecyClass if other in BELOW[secrecy]) for secrecy in SecrecyClass}
    assert documented == {secrecy: _listed(others, "nothing else") for secrecy, others in below.items()}


TABLES = {
    **{name: value for name, value in vars(schemas).items() if isinstance(value, pa.Schema)},
    "ADDRESS_POINTS": buildings.POINTS,
    "BACKGROUND": BACKGROUND,
    "BUILDINGS": BUILDINGS,
    "BUILDING_LINKS": buildings.LINKS,
    "CHANGES": CHANGES,
    "DOUBTFUL_ROWS": buildings.DOUBTFUL,
    "FOOTPRINTS": buildings.FOOTPRINTS,
    "HOUSED_LETTERBOXES": buildings.HOUSED,
    "LETTERBOX_ROWS": buildings.LETTERBOXES,
    "PASSABILITY": PASSABILITY,
    "REFERENCES": REFERENCES,
    "ROUNDS": ROUNDS,
    "USUAL": USUAL,
}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_column_of_every_table(name: str) -> None:
    documented = [row[:3] for row in rows(section(FORMATS, f"`{name}`"))]
    assert documented == [[f.name, str(f.type), "yes" if f.nullable else "no"] for f in TABLES[name]]


def test_every_kind_of_ledger_entry() -> None:
    documented = re.findall(r"^\| `([a-z]+\.[a-z-]+)` \|", section(FORMATS, "Ledger"), re.MULTILINE)
    assert sorted(documented) == sorted(Kind)


@pytest.mark.parametrize(
    ("page", "params"),
    [("buildings.md", calibrated_buildings()), ("matching.md", MatchParams()), ("passability.md", calibrated())],
    ids=["buildings", "matching", "passability"],
)
def test_every_parameter_of_an_engine_and_its_default(page: str, params: Any) -> None:
    documented = {row[0]: float(row[1]) for row in rows(section(PROJECT / "docs/explanation" / page, "Parameters"))}
    assert documented == dataclasses.asdict(params)
