"""Fetching what conditions are judged by. Judges nothing; asks only for what a version's conditions need."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from umaya.gate.conditions import ConditionFacts, Rule
from umaya.gate.models import SchemeActRow, UseRow
from umaya.gate.schemes import SchemeVersion
from umaya.gate.uses import UseState
from umaya.law import day_in_japan

_JAPAN = timezone(timedelta(hours=9), "JST")

NoticeInForce = Callable[[Session, str, date], bool]
"""Tells whether a notice of joint use (its id) is published and in force on a day in Japan."""


def no_register(session: Session, notice: str, day: date) -> bool:
    """Stand in for a register of notices where there is none: nothing is published."""
    del session, notice, day
    return False


def condition_facts(
    session: Session,
    version: SchemeVersion,
    now: datetime,
    asked: int | None = None,
    permitted: int | None = None,
    notice_in_force: NoticeInForce = no_register,
) -> ConditionFacts:
    """Return the facts for the conditions of a version.

    Args:
        session: of the decision.
        version: with its conditions.
        now: the moment.
        asked: people asked for in the use; None for a dataset without a subject.
        permitted: people left of them by the rule for a person; None likewise.
        notice_in_force: of the register of notices.
    """
    rules = {condition.rule for condition in version.conditions}
    day = day_in_japan(now)
    notice = version.document.notice if Rule.REQUIRE_NOTICE_PUBLISHED in rules else None
    return ConditionFacts(
        day=day,
        uses_today=_uses(session, version.scheme, day) if Rule.MAX_USES_PER_DAY in rules else None,
        asked=asked,
        permitted=permitted,
        reported_on=_reported_on(session, version) if Rule.REPORT_EVERY_DAYS in rules else None,
        notice_published=notice is not None and notice_in_force(session, notice, day),
    )


def _uses(session: Session, scheme: str, day: date) -> int:
    """Return how many uses were permitted on a day; exact where the caller decides alone, as the opener does."""
    start = datetime.combine(day, time(), _JAPAN)
    query = select(func.count()).where(
        UseRow.scheme == scheme,
        UseRow.state != UseState.REFUSED.value,
        UseRow.decided_at >= start,
        UseRow.decided_at < start + timedelta(days=1),
    )
    return session.scalar(query) or 0


def _reported_on(session: Session, version: SchemeVersion) -> date | None:
    """Return the day of the last report, or else that of the approval."""
    query = select(func.max(SchemeActRow.at)).where(
        SchemeActRow.scheme == version.scheme,
        SchemeActRow.version == version.version,
        SchemeActRow.act.in_(("approve", "report")),
    )
    moment = session.scalar(query)
    return None if moment is None else day_in_japan(moment)
