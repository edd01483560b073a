"""`umaya body`: who answers for what in which party, and how each party takes part in the group's control."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from umaya.cli.common import HubFolder, opened_hub
from umaya.types.errors import InputError, Place

if TYPE_CHECKING:
    from umaya.gate.bodies import Office
    from umaya.hub import Hub

app = typer.Typer(no_args_is_help=True, help="Appoint officers, and say which parties are consulted.")

Party = Annotated[str, typer.Argument(help="Id of the party.")]
OfficeName = Annotated[str, typer.Argument(metavar="OFFICE", help="Name of the office.")]
ActorId = Annotated[str, typer.Argument(metavar="ACTOR", help="Id of the actor.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day in Japan; today without it.")]


@app.command()
def appoint(party: Party, office: OfficeName, actor: ActorId, hub: HubFolder, start: Day = None) -> None:
    """Give an office to an actor of the party, from a day on."""
    with opened_hub(hub) as opened:
        opened.gate.bodies.appoint(party, _office(office), actor, _day(opened, start))
        _tell(opened)


@app.command()
def end(party: Party, office: OfficeName, actor: ActorId, hub: HubFolder, last: Day = None) -> None:
    """Let an office end with a day."""
    with opened_hub(hub) as opened:
        opened.gate.bodies.end(party, _office(office), actor, _day(opened, last))
        _tell(opened)


@app.command()
def procedure(
    party: Party,
    procedure: Annotated[str, typer.Argument(metavar="PROCEDURE", help="`approval` or `consultation`.")],
    hub: HubFolder,
    start: Day = None,
) -> None:
    """Say how a party takes part from a day on: approval, or prior consultation and consent."""
    from umaya.gate.bodies import Procedure

    if procedure not in set(Procedure):
        advice = "choose `approval` or `consultation`"
        raise InputError(Place("procedure"), "there is no such procedure", advice)
    with opened_hub(hub) as opened:
        opened.gate.bodies.set_procedure(party, Procedure(procedure), _day(opened, start))
        _tell(opened)


@app.command("list")
def list_bodies(hub: HubFolder) -> None:
    """List every officer and procedure there ever was."""
    with opened_hub(hub) as opened:
        _tell(opened)


def _office(name: str) -> Office:
    from umaya.gate.bodies import Office

    if name not in set(Office):
        advice = "choose among " + ", ".join(f"`{office}`" for office in Office)
        raise InputError(Place("office"), "there is no such office", advice)
    return Office(name)


def _day(hub: Hub, given: datetime | None) -> date:
    from umaya.law import day_in_japan

    return day_in_japan(hub.clock.now()) if given is None else given.date()


def _tell(hub: Hub) -> None:
    for one in hub.gate.bodies.officers():
        until = "" if one.ends is None else f" to {one.ends}"
        print(f"{one.party} {one.office}: {one.actor} from {one.starts}{until}")
    for taking in hub.gate.bodies.procedures():
        print(f"{taking.party} {taking.procedure} from {taking.starts}")
