"""Languages of the pages: gettext catalogues (PO) for Japanese and English, and which one a request gets.

Message ids are short keys (`roads.status.passed-1h`), so that codes of the domain can be looked up directly. A language
has one file for each subject, and every key stands in one of them. Scripts get their words from the same catalogues. A
key that a catalogue lacks is shown as it is; tests hold that none is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations
from starlette.requests import Request

SUPPORTED = ("ja", "en")
COOKIE = "language"
JAPAN = ZoneInfo("Asia/Tokyo")
_DAY, _MIDNIGHT = timedelta(days=1), time()
_LOCALE = Path(__file__).parent / "locale"
_SKELETON = {"ja": "y年M月d日(E) H:mm", "en": "EEE d MMM y, HH:mm"}


class Catalogue(NullTranslations):
    """The texts of one language, as gettext wants them.

    Args:
        language: one of `SUPPORTED`.
        texts: message id to text.
    """

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        super().__init__()
        self.language = language
        self.texts = MappingProxyType(dict(texts))

    def gettext(self, message: str) -> str:
        return self.texts.get(message, message)

    def ngettext(self, singular: str, plural: str, num: int) -> str:
        return self.gettext(singular if num == 1 else plural)

    def starting_with(self, *prefixes: str) -> dict[str, str]:
        """Return the texts whose id starts with one of the prefixes: what a script is given."""
        return {key: text for key, text in self.texts.items() if key.startswith(prefixes)}


@cache
def load_catalogue(language: str, directory: Path = _LOCALE) -> Catalogue:
    """Read the PO files of a language, once; raises ValueError when two of them have the same key."""
    texts: dict[str, str] = {}
    for file in sorted((directory / language / "LC_MESSAGES").glob("*.po")):
        with file.open("rb") as source:
            messages = read_po(source, locale=language, abort_invalid=True)
        found = {str(m.id): str(m.string) for m in messages if m.id and m.string}
        twice = found.keys() & texts.keys()
        if twice:
            raise ValueError(f"{file}: a key stands in another file too: {', '.join(sorted(twice))}")
        texts |= found
    return Catalogue(language, texts)


def choose(request: Request, default: str) -> str:
    """Return the language of a request: what it asks for, else its cookie, else the browser's wish, else `default`."""
    for wish in (request.query_params.get("lang"), request.cookies.get(COOKIE), *_accepted(request)):
        if wish in SUPPORTED:
            return wish
    return default if default in SUPPORTED else SUPPORTED[0]


def _accepted(request: Request) -> list[str]:
    """Return the primary subtags of Accept-Language, dearest first (RFC 9110, section 12.5.4)."""
    wishes: list[tuple[float, str]] = []
    for part in request.headers.get("accept-language", "").split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            wishes.append((float(quality or 1), tag.split("-")[0].lower()))
        except ValueError:
            continue
    return [tag for _, tag in sorted(wishes, key=lambda wish: -wish[0])]


def japan_time(moment: datetime, language: str) -> str:
    """Return a time in words, in Japan time, with the zone where the language does not imply it."""
    text = format_datetime(moment.astimezone(JAPAN), _SKELETON[language], locale=language)
    return text if language == "ja" else f"{text} JST"


def japan_span(start: datetime, end: datetime, language: str) -> str:
    """Return a span of time in words, in Japan time; the day is said once where it is the same."""
    first, last = (moment.astimezone(JAPAN) for moment in (start, end))
    if first.date() != last.date():
        return f"{japan_time(start, language)} – {japan_time(end, language)}"
    return f"{japan_time(start, language).removesuffix(' JST')} – {last:%H:%M}{'' if language == 'ja' else ' JST'}"


def japan_date(day: date, language: str) -> str:
    """Return a day in words."""
    return format_date(day, "long", locale=language)


def japan_limit(moment: datetime, language: str) -> str:
    """Return a moment until which something must be done: midnight is said as the day that it ends."""
    local = moment.astimezone(JAPAN)
    return japan_date(local.date() - _DAY, language) if local.time() == _MIDNIGHT else japan_time(moment, language)


def japan_month(day: date, language: str) -> str:
    """Return the month of a day in words, as short as it can be told."""
    return format_date(day, "y/M" if language == "ja" else "MMM y", locale=language)


def iso_time(moment: datetime) -> str:
    """Return a time as ISO 8601 in UTC, for machines."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def number(value: float, language: str) -> str:
    """Return a number with the separators of the language."""
    return format_decimal(value, locale=language)
