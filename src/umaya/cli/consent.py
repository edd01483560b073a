"""`umaya consent`: topics and texts of consent; consents given, withdrawn, looked up, many at once."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from umaya.cli.common import As, HubFolder, opened_gate, read_document
from umaya.types.errors import InputError, Place

if TYPE_CHECKING:
    from enum import StrEnum

    Choice = TypeVar("Choice", bound=StrEnum)

app = typer.Typer(no_args_is_help=True, help="Take, withdraw and look up consents.")

TopicId = Annotated[str, typer.Argument(metavar="TOPIC", help="Id of the topic.")]
Person = Annotated[int, typer.Argument(metavar="PERSON", help="Number of the person.")]
Version = Annotated[int, typer.Option("--text", help="Version of the text that was shown.")]
ChannelName = Annotated[str, typer.Option("--channel", help="Where the word was taken.")]
Moment = Annotated[str | None, typer.Option("--taken", help="When, ISO 8601 with a zone; now without it.")]
DocumentFile = Annotated[Path, typer.Argument(metavar="FILE", help="The document (YAML).")]


@app.command()
def topic(file: DocumentFile, hub: HubFolder, actor: As) -> None:
    """Register a topic from a document."""
    from umaya.gate.people.documents import parse_topic

    parsed = parse_topic(read_document(file), str(file))
    with opened_gate(hub) as gate:
        gate.topics.add(gate.catalogue.actor(actor), parsed)
    print(f"{parsed.id} is registered: {parsed.source.party}/{parsed.source.business} to ", end="")
    print(f"{parsed.target.party}/{parsed.target.business}, {parsed.tier}")


@app.command()
def text(file: DocumentFile, hub: HubFolder, actor: As) -> None:
    """Register the next version of a topic's text from a document."""
    from umaya.gate.people.documents import parse_text

    said = parse_text(read_document(file), str(file))
    with opened_gate(hub) as gate:
        added = gate.topics.add_text(
            gate.catalogue.actor(actor),
            said.topic,
            said.wording,
            said.withdrawal,
            valid_days=said.valid_days,
            last_day=said.last_day,
        )
    print(f"{added.topic} text {added.version} is registered: {added.digest}")


@app.command("end-text")
def end_text(
    topic: TopicId,
    version: Annotated[int, typer.Argument(metavar="VERSION", help="Version of the text.")],
    hub: HubFolder,
    actor: As,
) -> None:
    """End a text, and with it every consent by it."""
    with opened_gate(hub) as gate:
        gate.topics.end_text(gate.catalogue.actor(actor), topic, version)
    print(f"{topic} text {version} is ended")


@app.command()
def give(
    topic: TopicId,
    person: Person,
    hub: HubFolder,
    actor: As,
    version: Version,
    channel: ChannelName,
    evidence: Annotated[Path, typer.Option(help="The form's image or the log; its digest is kept.")],
    reference: Annotated[str, typer.Option(help="Where the evidence is kept.")],
    taken: Moment = None,
    requested: Annotated[str | None, typer.Option(help="When the person asked for it, ISO 8601 with a zone.")] = None,
) -> None:
    """Record that a person consents."""
    from umaya.gate.people import Channel, Evidence
    from umaya.gate.record import digest

    shown = Evidence(digest(_bytes(evidence)), reference)
    with opened_gate(hub) as gate:
        given = gate.consents.give(
            gate.catalogue.actor(actor),
            person,
            topic,
            version,
            _chosen(Channel, channel, "channel"),
            shown,
            taken_at=_moment(taken, "taken"),
            requested_at=_moment(requested, "requested"),
        )
    print(f"{given.topic} text {given.text}: good through {given.good_through}, entry {given.entry}")


@app.command()
def withdraw(topic: TopicId, person: Person, hub: HubFolder, actor: As, channel: ChannelName) -> None:
    """Withdraw a person's consent, at once."""
    from umaya.gate.people import Channel

    with opened_gate(hub) as gate:
        gate.consents.withdraw(gate.catalogue.actor(actor), person, topic, _chosen(Channel, channel, "channel"))
    print(f"{topic} is withdrawn")


@app.command()
def state(
    topic: TopicId,
    person: Person,
    hub: HubFolder,
    actor: As,
    history: Annotated[bool, typer.Option("--history", help="Every word, latest first.")] = False,
    reason: Annotated[str, typer.Option(help="Why you look; recorded with the look-up.")] = "",
) -> None:
    """Tell what holds for a person on a topic today; that you looked is recorded first."""
    from umaya.gate.people.look_ups import Way

    with opened_gate(hub) as gate:
        looking = gate.catalogue.actor(actor)
        found = gate.consents.look_up(looking, person, topic, Way.COMMAND, history=history, reason=reason)
    print(f"{topic} is {found.state}")
    for said in found.history or filter(None, [found.word]):
        until = "" if said.good_through is None else f", text {said.text}, good through {said.good_through}"
        where = "" if said.channel is None else f", {said.channel}"
        print(f"{said.kind} {said.taken_at:%Y-%m-%dT%H:%M:%SZ}{where}{until}")


@app.command()
def campaign(
    topic: TopicId,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="People: Parquet, Arrow or CSV.")],
    hub: HubFolder,
    actor: As,
    version: Version,
    taken: Moment = None,
) -> None:
    """Record the consents of many people in one act, all or none."""

    def tell(step: str, people: int) -> None:
        sys.stderr.write(f"{step}: {people:,} people\n")

    with opened_gate(hub) as gate:
        done = gate.consents.campaign(
            gate.catalogue.actor(actor), topic, version, file, taken_at=_moment(taken, "taken"), progress=tell
        )
    print(f"{done.topic} text {done.text}: {done.people:,} consents, good through {done.good_through}, ", end="")
    print(f"{done.outdated:,} outdated, entry {done.entry}")


@app.command("erase-evidence")
def erase_evidence(hub: HubFolder, actor: As) -> None:
    """Erase the evidence that your party need keep no longer."""
    with opened_gate(hub) as gate:
        erased = gate.evidence.erase_due(gate.catalogue.actor(actor))
    print(f"{erased:,} erased")


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(Place(str(file)), "the file cannot be read", "check its path") from error


def _chosen(choices: type[Choice], name: str, field: str) -> Choice:
    if name not in set(choices):
        advice = "choose among " + ", ".join(f"`{choice}`" for choice in choices)
        raise InputError(Place("command", field=field), "the word is unknown", advice)
    return choices(name)


def _moment(text: str | None, field: str) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        advice = "write 2026-04-01T12:00+09:00"
        raise InputError(Place("command", field=field), "the text is no time", advice) from error
