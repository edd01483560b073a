"""Identity providers: who says who somebody is. What a hub is told of one; reading the settings is the hub's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from umaya.types.errors import InputError, Place

_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
REQUIRED = ("id", "issuer", "client_id", "name_ja", "name_en", "for")
OPTIONAL = ("client_secret_env", "client_secret_file", "contact_ja", "contact_en")


class Audience(StrEnum):
    """Whom a provider knows."""

    STAFF = "staff"
    RESIDENTS = "residents"


@dataclass(frozen=True)
class IdentityProvider:
    """A provider of OpenID Connect that this hub relies on.

    Attributes:
        id: stands in addresses, e.g. `city`.
        issuer: its URL, exactly as it asserts it.
        client_id: what it calls this hub.
        audience: whom it knows; it is asked for nobody else.
        name_ja, name_en: for people.
        client_secret: shown to the provider; empty for a public client, which PKCE alone protects.
        contact_ja, contact_en: whom to ask for an account; empty for a general sentence.
    """

    id: str
    issuer: str
    client_id: str
    audience: Audience
    name_ja: str
    name_en: str
    client_secret: str = field(default="", repr=False)
    contact_ja: str = ""
    contact_en: str = ""

    @property
    def metadata_url(self) -> str:
        """Where the provider describes itself (OpenID Connect Discovery 1.0, section 4)."""
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"


def provider_of(table: Mapping[str, object], place: Place, secret: str) -> IdentityProvider:
    """Return the provider that a table of the settings describes.

    Args:
        table: keys as in docs/reference/settings.md.
        place: of the table, for errors.
        secret: the client secret, read already.

    Raises:
        InputError: when a key is missing, unknown or wrong.
    """
    texts = {key: value for key, value in table.items() if isinstance(value, str)}
    if texts.keys() != table.keys() or not texts.keys() <= {*REQUIRED, *OPTIONAL}:
        raise InputError(place, "a key is unknown or no text", "choose among " + ", ".join((*REQUIRED, *OPTIONAL)))
    for key in REQUIRED:
        if not texts.get(key):
            raise InputError(Place(place.file, place.row, key), "the key is missing", "add it")
    if not _ID.fullmatch(texts["id"]) or len(texts["id"]) > 64:
        advice = "use lower-case letters and digits in parts joined by single hyphens"
        raise InputError(Place(place.file, place.row, "id"), "the id is not in the form of an id", advice)
    if texts["for"] not in set(Audience):
        raise InputError(Place(place.file, place.row, "for"), "nobody is called so", "choose `staff` or `residents`")
    check_public_url(texts["issuer"], Place(place.file, place.row, "issuer"))
    return IdentityProvider(
        texts["id"],
        texts["issuer"],
        texts["client_id"],
        Audience(texts["for"]),
        texts["name_ja"],
        texts["name_en"],
        secret,
        texts.get("contact_ja", ""),
        texts.get("contact_en", ""),
    )


def check_public_url(url: str, place: Place) -> None:
    """Return when a URL may lead people or secrets somewhere: `https`, or `http` to this very machine.

    Raises:
        InputError: when not, or it holds a user, a query or a fragment.
    """
    try:
        parts = urlsplit(url)
        plain = parts.hostname is not None and parts.port != 0
    except ValueError:
        plain = False
    if not plain or parts.query or parts.fragment or "@" in parts.netloc:
        raise InputError(place, "the text is no plain URL", "write https://HOST, without user, query or fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise InputError(place, "the URL is not protected on its way", "use https")
