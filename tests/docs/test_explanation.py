"""What the explanations and the tutorial show was made by the code as it is: examples, drawings, the figure."""

from __future__ import annotations

import ast
import importlib
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.worlds import draw
from umaya.engines.disclosure import suppressed_segments
from umaya.gate.documents import read
from umaya.gate.joint_use.document import parse as parse_notice
from umaya.gate.scheme import parse
from umaya.law.joint_use import notice_faults
from umaya.places.obligations import factories
from umaya.places.roads import Profile
from umaya.types.schemas import HOMES

from .pages import PROJECT, blocks, names, rows

PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")])


def examples(language: str) -> list[Any]:
    """Return each fenced block of a language, named by its page."""
    return [
        pytest.param(block, id=f"{page.stem}-{number}")
        for page in PAGES
        for number, block in enumerate(blocks(page, language), start=1)
    ]


def test_the_drawn_dead_ends_are_what_the_engine_drops() -> None:
    page = PROJECT / "docs/explanation/location-privacy.md"
    (drawing,) = blocks(page, "text")
    world = draw(drawing)
    table = rows(page.read_text("utf-8"))
    segments = {row[0]: world.segment(row[0]) for row in table}
    homes = pa.table([list(segments.values()), [int(row[1]) for row in table]], schema=HOMES)
    for name, _, on_branch, with_three in table:
        dropped_from = next(n for n in range(100) if segments[name] in suppressed_segments(world.network, homes, n))
        assert dropped_from == int(on_branch), name
        assert with_three == ("dropped" if dropped_from <= 3 else "stays")
    assert set(suppressed_segments(world.network, homes, 99)) == set(segments.values()), "the ring stays"


@pytest.mark.parametrize("block", examples("yaml"))
def test_every_shown_scheme_can_be_read_and_owes_what_there_is(block: str) -> None:
    if "scheme:" not in block:
        return  # notices, read below
    scheme = parse(read(block, "page"))
    for owed in scheme.obligations:
        for name, parameters in owed.items():
            factories(None)[name](parameters)  # type: ignore[arg-type] # the atlas is asked only when data comes


def test_the_shown_notice_lacks_nothing() -> None:
    whole, part = blocks(PROJECT / "docs/how-to/publish-a-joint-use-notice.md", "yaml")
    notice = parse_notice(read(whole, "page"))
    assert notice_faults(notice.judged(notice.starts)) == ()
    assert parse_notice(read(whole + part, "page")).continuations


@pytest.mark.parametrize("block", examples("toml"))
def test_every_shown_profile_can_be_read(block: str, tmp_path: Path) -> None:
    if "[[rules]]" not in block:
        return  # settings, compared elsewhere
    file = tmp_path / "profile.toml"
    file.write_text(block, "utf-8")
    assert Profile.load(str(file)).rules


@pytest.mark.parametrize("block", examples("python"))
def test_every_shown_program_uses_names_that_exist(block: str) -> None:
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(str(node.module))
            missing = [name.name for name in node.names if not hasattr(module, name.name)]
            assert not missing, f"{node.module} has no {missing}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_name_of_ours_in_a_page_exists(page: Path) -> None:
    for name in re.findall(r"`(umaya(?:\.\w+)+)`", page.read_text("utf-8")):
        assert _exists(name), f"{page.name}: {name}"


def _exists(name: str) -> bool:
    """Return whether a dotted name is a module, or something in one."""
    with suppress(ModuleNotFoundError):
        importlib.import_module(name)
        return True
    module, _, last = name.rpartition(".")
    with suppress(ModuleNotFoundError):
        return hasattr(importlib.import_module(module), last)
    return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_of_ours_in_a_page_exists(page: Path) -> None:
    for name in re.findall(r"`((?:src|docs|tests|scripts|bench|frontend)/[^`*]*)`", page.read_text("utf-8")):
        assert (PROJECT / name).exists() or re.search("[A-Z]{4}", name), f"{page.name}: {name}"


def test_the_figure_was_drawn_from_what_its_script_says() -> None:
    script = (PROJECT / "scripts/figure.py").read_text("utf-8")
    seed, homes = re.findall(r"^SEED, HOMES = (\d+), (\d+)$", script, re.MULTILINE)[0]
    year, month, day, hour, minute = map(
        int, re.findall(r"^AT = datetime\(([\d, ]+), tz", script, re.MULTILINE)[0].split(",")
    )
    inputs = f"umaya.sample seed {seed}, {homes} homes, {year}-{month:02}-{day:02} {hour:02}:{minute:02} Japan time"
    figure = (PROJECT / "docs/images/road-map.svg").read_text("utf-8")
    assert f"Drawn from {inputs}." in figure, "run scripts/figure.py"


def test_every_page_is_reached_from_the_index() -> None:
    index = PROJECT / "docs/README.md"
    linked = {(index.parent / target).resolve() for target in re.findall(r"\]\(([^)#]+)", index.read_text("utf-8"))}
    assert {page for page in (PROJECT / "docs").rglob("*.md") if page != index} <= linked


@pytest.mark.parametrize("page", sorted(PROJECT.glob("docs/decisions/*.md")), ids=lambda page: page.stem)
def test_every_decision_says_why_what_and_at_what_price(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.findall(r"^\*\*(.+)\.\*\*", text, re.MULTILINE) == ["Context", "Choice", "Given up"]
    assert text.startswith(f"# {int(page.name[:4])}. ")


def test_both_readmes_have_the_same_structure() -> None:
    english, japanese = (PROJECT / name for name in ("README.md", "README.ja.md"))
    shapes = [
        (
            re.findall(r"^#+", page.read_text("utf-8"), re.MULTILINE),
            [re.sub(r" *#.*", "", block) for block in blocks(page, "sh")],
            sorted(set(re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8"))) - {"README.md", "README.ja.md"}),
            [row[-1].count("](") for row in rows(page.read_text("utf-8"))],
        )
        for page in (english, japanese)
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_folder_of_somebodys_machine(page: Path) -> None:
    assert not re.findall(r"(?:^|[\s`(])/(?:home|root|Users|work|tmp)/", page.read_text("utf-8"), re.MULTILINE)


def test_every_term_has_its_japanese() -> None:
    table = rows((PROJECT / "docs/reference/glossary.md").read_text("utf-8"))
    assert all(re.search(r"[぀-ヿ一-鿿]", row[1]) for row in table)
    terms = names((PROJECT / "docs/reference/glossary.md").read_text("utf-8"))
    assert terms == sorted(terms, key=str.casefold)
