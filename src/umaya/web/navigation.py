"""What each role can do here: the links of the header and the cards of the home page, from one list.

What a role does every day comes first: a phone's header shows the first three or four, and is moved sideways for more.

A link is a convenience, not a permission: every page asks for itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from umaya.types.site import Actor


@dataclass(frozen=True)
class Link:
    """A place of the site.

    Attributes:
        key: of its words: `nav.KEY` is its name, `home.KEY` what one does there.
        path: where it is.
        roles: who has something to do there.
    """

    key: str
    path: str
    roles: frozenset[str]


LINKS = (
    Link("uses", "/uses", frozenset({"officer"})),
    Link("roads", "/roads", frozenset({"officer"})),
    Link("offices", "/offices", frozenset({"officer"})),
    Link("report", "/report", frozenset({"carrier"})),
    Link("checks", "/checks", frozenset({"carrier"})),
    Link("apply", "/apply", frozenset({"applicant"})),
    Link("review", "/review", frozenset({"verifier", "approver", "privacy-officer"})),
    Link("audit", "/audit", frozenset({"auditor"})),
    Link("ledger", "/ledger", frozenset({"auditor"})),
    Link("schemes", "/schemes", frozenset({"applicant", "verifier", "approver", "steward", "auditor", "officer"})),
    Link("register", "/register", frozenset({"applicant", "approver", "privacy-officer"})),
    Link("datasets", "/datasets", frozenset({"steward", "operator", "privacy-officer", "auditor"})),
    Link("releases", "/releases", frozenset({"officer", "steward", "auditor"})),
    Link("counter", "/counter", frozenset({"clerk"})),
    Link("evidence", "/counter/evidence", frozenset({"auditor"})),
    Link("figures", "/figures", frozenset({"steward", "verifier", "approver", "auditor", "privacy-officer"})),
    Link("rights", "/rights", frozenset({"rights-desk", "protector"})),
    Link("addresses", "/places/addresses", frozenset({"clerk", "steward", "operator", "officer"})),
    Link("monitoring", "/monitoring", frozenset({"steward", "verifier", "auditor"})),
    Link("checks-overview", "/checks/overview", frozenset({"steward"})),
    Link("breach", "/breach", frozenset({"privacy-officer", "verifier", "auditor"})),
    Link("breach-protected", "/breach/protected", frozenset({"protector"})),
    Link(
        "emergency",
        "/emergency",
        frozenset({"responder", "verifier", "privacy-officer", "steward", "auditor", "declarer"}),
    ),
)


def links_for(actor: Actor | None) -> list[Link]:
    """Return the links of the actor's roles."""
    return [link for link in LINKS if actor is not None and not actor.roles.isdisjoint(link.roles)]
