"""`umaya ledger`: check, read and search a hub's ledger, and take evidence out of it.

`verify` runs the independent checker and loads nothing of the writer. `show`, `receipt` and `search` need the verifier
key only, never the signing key; `export` is an act of an auditor at the gate and is recorded.
"""

from __future__ import annotations

import json as js
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umaya.cli.common import opened_gate
from umaya.types.errors import InputError, Place

if TYPE_CHECKING:
    from umaya.ledger.check import CheckResult
    from umaya.ledger.reader import LedgerReader
    from umaya.ledger.search import LedgerSearch, Question

app = typer.Typer(no_args_is_help=True, help="Check, read and search a hub's ledger.")

Hub = Annotated[Path, typer.Option("--hub", help="The hub's directory.", metavar="DIR")]

_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z"]
Party = Annotated[str | None, typer.Option(help="Id of a party: what names it, its schemes, its people.")]
Scheme = Annotated[str | None, typer.Option(help="Id of a scheme.")]
Reason = Annotated[str | None, typer.Option(help="Reason code.")]
KindOf = Annotated[str | None, typer.Option("--kind", help="Kind of entry, e.g. `use.refused`.")]
Who = Annotated[str | None, typer.Option("--actor", help="Id of the actor who acted.")]
UseId = Annotated[str | None, typer.Option("--use", help="Id of a use.")]
From = Annotated[datetime | None, typer.Option("--from", formats=_TIMES, help="First day in Japan, or a time.")]
To = Annotated[datetime | None, typer.Option("--to", formats=_TIMES, help="Last day in Japan, or a time before which.")]

_MANY = 20_000
"""Entries from which on a progress bar is worth its lines."""


@app.command()
def verify(
    hub: Hub,
    key: Annotated[
        str | None, typer.Option(help="Verifier key or a file of it, from a source you trust (default: the hub's own).")
    ] = None,
    against: Annotated[Path | None, typer.Option(help="A checkpoint that you kept, to find a rolled back log.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Prove the ledger byte by byte: exit 0 when it is whole, 2 with the first fault named."""
    result = _check(hub, key, against)
    print(result.to_json() if json else result.describe())
    if not result.ok:
        raise typer.Exit(2)


@app.command()
def show(
    hub: Hub,
    start: Annotated[int, typer.Option("--from", min=0, help="Index of the first entry.")] = 0,
    count: Annotated[int | None, typer.Option(min=0, help="How many entries at most.")] = None,
) -> None:
    """Print entries as recorded, one JSON object a line."""
    stop = None if count is None else start + count
    for entry in _reader(hub).entries(start, stop):
        sys.stdout.buffer.write(entry.to_bytes() + b"\n")
    sys.stdout.flush()


@app.command()
def receipt(hub: Hub, index: Annotated[int, typer.Argument(min=0, help="Index of the entry.")]) -> None:
    """Print the proof that an entry is in the ledger (C2SP tlog-proof)."""
    print(_reader(hub).receipt(index), end="")


@app.command()
def search(
    hub: Hub,
    party: Party = None,
    scheme: Scheme = None,
    reason: Reason = None,
    kind: KindOf = None,
    actor: Who = None,
    use: UseId = None,
    start: From = None,
    end: To = None,
    limit: Annotated[int, typer.Option(min=1, help="How many entries at most, latest first.")] = 50,
    before: Annotated[int | None, typer.Option(min=0, help="Only entries below this index: the next page.")] = None,
    scan: Annotated[
        bool, typer.Option(help="Ask the log itself, oldest first and all of it: slow, and nothing can be left out.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each entry.")] = False,
) -> None:
    """Find entries by party, scheme, time, reason, kind, actor or use; each that is told was proved."""
    question = _question(party, scheme, reason, kind, actor, use, start, end)
    searched = _search(hub)
    if scan:
        for hit in searched.scan(question):
            _tell(hit.index, hit.entry.to_bytes(), json)
        return
    found = searched.find(question, before, limit)
    for hit in found.hits:
        _tell(hit.index, hit.entry.to_bytes(), json)
    if not json:
        print(f"{found.total:,} of {found.size:,} entries; each that is shown is in the signed ledger")
        if found.older is not None:
            print(f"older ones: --before {found.older}")


@app.command()
def export(
    hub: Hub,
    auditor: Annotated[str, typer.Option("--as", help="Id of the auditor who takes the evidence.")],
    out: Annotated[Path, typer.Option(help="The archive to make, e.g. evidence.zip.")],
    of: Annotated[str, typer.Option(help="What: `use` (with --use), `scheme` (with --scheme) or `search`.")],
    party: Party = None,
    scheme: Scheme = None,
    reason: Reason = None,
    kind: KindOf = None,
    actor: Who = None,
    use: UseId = None,
    start: From = None,
    end: To = None,
) -> None:
    """Take evidence out of the ledger: one archive that Python alone verifies. That it was taken is recorded first."""
    from umaya.ledger.evidence import fingerprint

    if out.exists() or not out.parent.is_dir():
        raise InputError(Place(str(out)), "the file is there already, or its folder is not", "choose another name")
    if of not in {"use", "scheme", "search"} or (of == "use" and not use) or (of == "scheme" and not scheme):
        advice = "give `use` with --use, `scheme` with --scheme, or `search`"
        raise InputError(Place("--of"), "it is not said what to export", advice)
    question = _question(party, scheme, reason, kind, actor, use, start, end)
    with opened_gate(hub) as gate:
        searched, who = _search(hub), gate.catalogue.actor(auditor)
        desk = gate.audit
        if of == "search":
            made = desk.export_search(who, question, searched)
        elif of == "use":
            made = desk.export_use(who, str(use), searched)
        else:
            made = desk.export_scheme(who, str(scheme), searched)
    out.write_bytes(made.data)
    print(f"{out}: manifest {made.digest}, recorded as entry {made.entry}")
    print(f"the ledger's key has the fingerprint {fingerprint(searched.vkey)}")
    print("check it with: python verify.py ARCHIVE --key FINGERPRINT")


def _tell(index: int, entry: bytes, json: bool) -> None:
    if json:
        print(js.dumps({"index": index, "entry": js.loads(entry)}, sort_keys=True))
        return
    told = js.loads(entry)
    body = " ".join(
        f"{key}={value if isinstance(value, str) else js.dumps(value)}" for key, value in told["body"].items()
    )
    print(f"{index} {told['time']} {told['kind']} {told['actor']} {body}")


def _question(
    party: str | None,
    scheme: str | None,
    reason: str | None,
    kind: str | None,
    actor: str | None,
    use: str | None,
    start: datetime | None,
    end: datetime | None,
) -> Question:
    """Return the question; a day without a time is a day in Japan, and the last one is included."""
    from umaya.ledger.entries import Kind
    from umaya.ledger.search import Question

    if kind is not None and kind not in set(Kind):
        told = "write it as `umaya ledger show` prints it, e.g. use.refused"
        raise InputError(Place("--kind"), "the ledger knows no such kind of entry", told)
    first, last = _moment(start, 0), _moment(end, 1)
    if first is not None and last is not None and first >= last:
        raise InputError(Place("--to"), "the time ends before it begins", "let it end after `--from`")
    return Question(party, scheme, reason, kind, actor, use, first, last)


def _moment(given: datetime | None, days: int) -> datetime | None:
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    if given is None or given.tzinfo is not None:
        return given
    return given.replace(tzinfo=ZoneInfo("Asia/Tokyo")) + timedelta(days=days)


def _search(hub: Path) -> LedgerSearch:
    from umaya.ledger.search import INDEX, LedgerSearch

    reader = _reader(hub)
    return LedgerSearch(reader, _vkey(hub), hub / INDEX)


def _vkey(hub: Path) -> str:
    from umaya.ledger.keys import VKEY_FILE, load_vkey

    return load_vkey(hub / "keys" / VKEY_FILE)


def _reader(hub: Path) -> LedgerReader:
    from umaya.ledger.reader import LedgerReader

    return LedgerReader(hub / "ledger", _vkey(hub))


def _check(hub: Path, key: str | None, against: Path | None) -> CheckResult:
    from rich.console import Console
    from rich.progress import Progress

    from umaya.ledger.check import check_hub

    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task("checking")

    def progress(done: int, total: int) -> None:
        if total >= _MANY:
            bar.start()  # as often as one likes
            bar.update(task, completed=done, total=total)

    try:
        return check_hub(hub, key, against, progress)
    except FileNotFoundError as error:
        advice = "name the hub's directory, and the files of key and checkpoint as they are"
        raise InputError(Place(str(error.filename)), "the file is not there", advice) from error
    except OSError as error:
        raise InputError(Place(str(error.filename)), "the file cannot be read", "check its permissions") from error
    except ValueError as error:
        advice = "give it as `name+hash+base64`, or the file that holds it"
        raise InputError(Place("--key"), f"this is no verifier key: {error}", advice) from error
    finally:
        if bar.live.is_started:
            bar.stop()
