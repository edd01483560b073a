"""`umaya webhook`: where a party's systems are told what the ledger recorded."""

from __future__ import annotations

from typing import Annotated

import typer

from umaya.cli.common import HubFolder, opened_hub

app = typer.Typer(no_args_is_help=True, help="Tell parties' systems what the ledger recorded.")

As = Annotated[str, typer.Option("--as", help="Id of a steward.")]


@app.command()
def make(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to tell, https.")],
    kind: Annotated[list[str], typer.Option(help="Subject to tell; may be given several times.")],
    hub: HubFolder,
    actor: As,
) -> None:
    """Make a webhook and print its secret, which is shown this once."""
    with opened_hub(hub) as opened:
        made = opened.webhooks.make(opened.gate.catalogue.actor(actor), url, kind)
    print(f"{made.subscription.id} tells {', '.join(made.subscription.kinds)}")
    print(f"secret: {made.secret}")


@app.command("list")
def list_webhooks(hub: HubFolder, actor: As) -> None:
    """List the webhooks of the steward's party, and how far each was told."""
    with opened_hub(hub) as opened:
        for one in opened.gate.subscriptions.list(opened.gate.catalogue.actor(actor)):
            told = opened.webhooks.told(one)
            state = "ended" if one.ended else f"{told.behind:,} entries behind, {told.failures} failures in a row"
            print(f"{one.id}  {one.url}  {', '.join(one.kinds)}  {state}")


@app.command()
def end(
    webhook: Annotated[str, typer.Argument(metavar="WEBHOOK", help="Id of the webhook.")], hub: HubFolder, actor: As
) -> None:
    """End a webhook: nothing more is told."""
    with opened_hub(hub) as opened:
        opened.gate.subscriptions.end(opened.gate.catalogue.actor(actor), webhook)
    print(f"{webhook} is ended")


@app.command()
def deliver(hub: HubFolder) -> None:
    """Deliver once what is due; a hub that is served does so by itself."""
    with opened_hub(hub) as opened:
        print(f"{opened.webhooks.deliver():,} entries were told")
