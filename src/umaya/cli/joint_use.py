"""`umaya joint-use`: submit, publish, end, show and list notices; register what the law wants to know of a party."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umaya.cli.common import As, HubFolder, Note, opened_hub, read_document
from umaya.types.errors import NotFoundError

if TYPE_CHECKING:
    from umaya.gate.joint_use import NoticeRecord
    from umaya.hub import Hub

app = typer.Typer(no_args_is_help=True, help="Submit, publish and end joint-use notices.")

NoticeId = Annotated[str, typer.Argument(metavar="NOTICE", help="Id of the notice.")]


@app.command()
def submit(
    file: Annotated[Path, typer.Argument(help="The notice document (YAML).")], hub: HubFolder, actor: As
) -> None:
    """Submit a document as the first or next version of its notice."""
    text = read_document(file)
    with opened_hub(hub) as opened:
        notice = opened.gate.joint_use.submit(opened.gate.catalogue.actor(actor), text, str(file))
        print(f"{notice.id} version {notice.version} is {notice.state}: {notice.digest}")


@app.command()
def publish(
    notice: NoticeId,
    version: Annotated[int, typer.Argument(help="Number of the version.")],
    hub: HubFolder,
    actor: As,
    day: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Day in Japan; today without it.")
    ] = None,
    note: Note = "",
) -> None:
    """Publish a draft, from a day on."""
    with opened_hub(hub) as opened:
        on = _today(opened) if day is None else day.date()
        published = opened.gate.joint_use.publish(opened.gate.catalogue.actor(actor), notice, version, on, note)
        print(f"{notice} version {version} is published on {on} and holds from {published.starts}")
        for language, words in published.words.items():
            print(f"words in {language}: {words.digest}")


@app.command()
def end(
    notice: NoticeId,
    hub: HubFolder,
    actor: As,
    last_day: Annotated[datetime, typer.Option("--last-day", formats=["%Y-%m-%d"], help="Last day, in Japan.")],
    note: Note = "",
) -> None:
    """Let joint use under a notice end with a day."""
    with opened_hub(hub) as opened:
        opened.gate.joint_use.end(opened.gate.catalogue.actor(actor), notice, last_day.date(), note)
        _tell(opened.gate.joint_use.get(notice), _today(opened))


@app.command()
def show(
    notice: NoticeId,
    hub: HubFolder,
    version: Annotated[int | None, typer.Option(help="A published version; without it, the one in force.")] = None,
    language: Annotated[str, typer.Option(help="`ja` or `en`.")] = "ja",
) -> None:
    """Print the published words byte for byte: their SHA-256 stands in the ledger."""
    with opened_hub(hub) as opened:
        record = opened.gate.joint_use.get(notice)
        wanted = record.on(_today(opened)) if version is None else None
        found = next((one for one in record.versions if one.version == version), wanted)
        if found is None or language not in found.words:
            raise NotFoundError("there is no such published version, or not in that language")
        print(found.words[language].text, end="")


@app.command("list")
def list_notices(hub: HubFolder) -> None:
    """List every notice and version with its state."""
    with opened_hub(hub) as opened:
        for record in opened.gate.joint_use.list():
            _tell(record, _today(opened))


@app.command()
def party(
    party: Annotated[str, typer.Argument(help="Id of the party.")],
    hub: HubFolder,
    address: Annotated[tuple[str, str], typer.Option(help="Address, in Japanese and in English.")],
    representative: Annotated[
        tuple[str, str] | None, typer.Option(help="Title and name, in Japanese and in English; of a company.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day, in Japan; today without it.")
    ] = None,
) -> None:
    """Register a party's address and representative, for records of provision. Without one, it is no company."""
    from umaya.gate import Words
    from umaya.gate.provision import Particulars

    with opened_hub(hub) as opened:
        first = _today(opened) if since is None else since.date()
        who = None if representative is None else Words(*representative)
        opened.gate.particulars.register(Particulars(party, first, Words(*address), who, who is not None))
        print(f"{party} is registered with its address from {first}")


def _today(hub: Hub) -> date:
    from umaya.law import day_in_japan

    return day_in_japan(hub.clock.now())


def _tell(record: NoticeRecord, today: date) -> None:
    in_force = record.on(today)
    ended = "" if record.ended_on is None else f", last day {record.ended_on}"
    for one in record.versions:
        day = "" if one.published_on is None else f" on {one.published_on}"
        force = ", in force" if one == in_force else ""
        print(f"{record.id} version {one.version} is {one.state}{day}, holds from {one.starts}{force}{ended}")
