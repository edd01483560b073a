"""What the documents claim is so: commands exist, targets exist, links lead somewhere, both READMEs say the same."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from umaya.cli import app
from umaya.types.reasons import Reason

PROJECT = Path(__file__).resolve().parents[2]
PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), *PROJECT.glob("bench/*.md")])
FENCE = re.compile(r"^```(?:sh|console|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(page: Path, program: str) -> Iterator[list[str]]:
    """Yield the calls of a program in the shell blocks of a page, as words."""
    for block in FENCE.findall(page.read_text("utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["$"]:
                words = words[1:]
            if words and words[0].removeprefix(".venv/bin/") == program:
                yield words[1:]


def test_there_are_pages_to_check() -> None:
    """Guards the checks below: an empty list would pass them all."""
    assert {"README.md", "README.ja.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"} <= {p.name for p in PAGES}
    assert any(list(commands(page, "umaya")) for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_umaya_command_in_the_documents_exists(page: Path) -> None:
    for call in commands(page, "umaya"):
        words, command = call, typer.main.get_command(app)
        context = typer.Context(command)
        while words and hasattr(command, "get_command") and not words[0].startswith("-"):
            found = command.get_command(context, words[0])
            assert found is not None, f"{page.name}: no command `{' '.join(words)}`"
            command, words = found, words[1:]
        known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        used = {word.split("=")[0] for word in words if word.startswith("--")}
        assert used <= known | {"--help", "--version"}, f"{page.name}: unknown options of `{command.name}`"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_make_target_in_the_documents_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for words in commands(page, "make"):
        assert {word for word in words if "=" not in word} <= targets, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_local_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_both_readmes_show_the_same_commands() -> None:
    english, japanese = (PROJECT / name for name in ("README.md", "README.ja.md"))
    for program in ("make", "umaya"):
        assert list(commands(english, program)) == list(commands(japanese, program))


def test_every_reason_code_is_explained() -> None:
    text = (PROJECT / "docs/reference/reason-codes.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE))
    assert documented == {reason.value for reason in Reason}


def test_the_changelog_has_an_unreleased_section() -> None:
    assert "## Unreleased" in (PROJECT / "CHANGELOG.md").read_text("utf-8")
