"""The nine fields of a report on a leak: filled as far as the hub knows, as text, and as PDF (tagged, PDF/UA-1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from umaya.gate.breach.cases import BreachCase, Draft
from umaya.gate.breach.released import Released
from umaya.law.breach import ReportField
from umaya.web.languages import Catalogue, japan_date, japan_time, number
from umaya.web.pdf import typeset


def prefilled(case: BreachCase, found: Released | None, words: Catalogue) -> Mapping[ReportField, str]:
    """Return what the hub knows of each field, in the language of `words`; nothing where a person must say it."""
    texts = dict.fromkeys(ReportField, "")
    texts[ReportField.OUTLINE] = "\n".join((case.title, case.what, _known(case, words)))
    if found is not None:
        start, end = (japan_time(moment, words.language) for moment in found_window(case))
        told = {"start": start, "end": end, "uses": number(found.uses, words.language)}
        texts[ReportField.OUTLINE] += "\n" + words.gettext("breach.prefill.releases") % told
        lines = (f"{name}: {words.gettext('class.' + kind.value)}" for name, kind in sorted(found.fields.items()))
        texts[ReportField.ITEMS] = "\n".join(lines)
        count = {"people": number(len(found.people), words.language), "rows": number(found.rows, words.language)}
        texts[ReportField.PEOPLE] = words.gettext("breach.prefill.people") % count
        if found.unknown_rows:
            unknown = {"rows": number(found.unknown_rows, words.language)}
            texts[ReportField.PEOPLE] += "\n" + words.gettext("breach.prefill.unknown") % unknown
        lines = (f"{group.scheme} → {group.recipient}: {group.uses[0]}" for group in found.groups)
        texts[ReportField.OTHER] = "\n".join([words.gettext("breach.prefill.uses"), *lines])
    if case.told:
        texts[ReportField.HANDLING] = words.gettext("breach.prefill.told") % {"n": number(case.told, words.language)}
    return texts


def found_window(case: BreachCase) -> tuple[datetime, datetime]:
    """Return the window that was searched; that of the moment it was known where none was."""
    return (case.known_at, case.known_at) if case.search is None else case.search.window


def as_text(case: BreachCase, draft: Draft, words: Catalogue) -> str:
    """Return a draft as plain text: title, then each heading with what was written."""
    parts = [words.gettext("breach.report-title"), f"{case.title} ({case.id}, {draft.version})", ""]
    for name, text in _sections(draft, words):
        parts += [f"■ {name}", text or words.gettext("breach.not-written"), ""]
    return "\n".join(parts)


def as_pdf(case: BreachCase, draft: Draft, words: Catalogue, party: str, fonts: Path) -> bytes:
    """Return a draft as a PDF document; the same draft gives the same bytes.

    Raises:
        NotFoundError: when the fonts are not there, or lack a character of the draft.
    """
    made = draft.made.at
    given = {
        "title": words.gettext("breach.report-title"),
        "subtitle": case.title,
        "party": party,
        "language": words.language,
        "made": [made.year, made.month, made.day],
        "day": japan_date(made.date(), words.language),
        "reference": f"{case.id} - {draft.version}",
        "sections": [[name, text or words.gettext("breach.not-written")] for name, text in _sections(draft, words)],
    }
    stamp = datetime(made.year, made.month, made.day, tzinfo=UTC)
    return typeset("breach/report.typ", "report", given, fonts, stamp)


def _known(case: BreachCase, words: Catalogue) -> str:
    key = "breach.prefill.suspected" if case.suspected else "breach.prefill.known"
    return words.gettext(key) % {"at": japan_time(case.known_at, words.language)}


def _sections(draft: Draft, words: Catalogue) -> list[tuple[str, str]]:
    return [(words.gettext(f"breach.field.{name.value}"), draft.texts.get(name, "")) for name in ReportField]
