"""`umaya account`: who may sign in as whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from umaya.cli.common import HubFolder, opened_hub
from umaya.types.errors import InputError, Place

if TYPE_CHECKING:
    from umaya.gate.accounts import Identity
    from umaya.hub import Hub

app = typer.Typer(no_args_is_help=True, help="Say who may sign in as whom.")

Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="Id of an identity provider of `hub.toml`.")]
Subject = Annotated[str, typer.Argument(metavar="SUBJECT", help="What the provider calls the account (`sub`).")]
ActorId = Annotated[str | None, typer.Option("--actor", help="Id of the actor.")]


@app.command()
def bind(
    provider: Provider,
    subject: Subject,
    hub: HubFolder,
    actor: ActorId = None,
    person: Annotated[int | None, typer.Option(help="Number of the resident.")] = None,
) -> None:
    """Let an account act as an actor, besides those it acts as already, or be a resident."""
    with opened_hub(hub) as opened:
        identity = _identity(opened, provider, subject, resident=person is not None)
        opened.gate.accounts.bind(identity, actor=actor, person=person)
        _tell(opened)


@app.command()
def unbind(provider: Provider, subject: Subject, hub: HubFolder, actor: ActorId = None) -> None:
    """Let an account act as an actor no more, or as nobody. Whoever is signed in with it loses that at once."""
    with opened_hub(hub) as opened:
        opened.gate.accounts.unbind(_identity(opened, provider, subject), actor)
        _tell(opened)


@app.command("list")
def list_accounts(hub: HubFolder) -> None:
    """List who may sign in as whom; residents by the word `resident` alone."""
    with opened_hub(hub) as opened:
        _tell(opened)


def _identity(hub: Hub, provider: str, subject: str, *, resident: bool | None = None) -> Identity:
    from umaya.gate.accounts import Identity
    from umaya.types.identity_provider import Audience

    found = next((known for known in hub.settings.identity_provider if known.id == provider), None)
    if found is None:
        known_ids = ", ".join(f"`{known.id}`" for known in hub.settings.identity_provider)
        advice = f"choose among {known_ids}" if known_ids else "add it to `hub.toml` first"
        raise InputError(Place("provider"), "`hub.toml` has no such identity provider", advice)
    if resident is not None and resident is not (found.audience is Audience.RESIDENTS):
        advice = "residents sign in at a provider for residents, actors at one for staff"
        raise InputError(Place("provider"), "the provider does not know such people", advice)
    return Identity(found.issuer, subject)


def _tell(hub: Hub) -> None:
    names = {known.issuer: known.id for known in hub.settings.identity_provider}
    for account in hub.gate.accounts.list():
        holder = account.actor or "resident"
        provider = names.get(account.identity.issuer, account.identity.issuer)
        print(f"{provider} {account.identity.subject}: {holder} since {account.bound_at:%Y-%m-%dT%H:%M:%SZ}")
