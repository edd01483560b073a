"""Until when a draft must be published to begin on its day: publication before change (APPI art. 27(6)). Pure."""

from __future__ import annotations

from datetime import date, timedelta

from umaya.gate.joint_use.notices import Notice, NoticeRecord, NoticeState
from umaya.law.joint_use import change_faults, notice_faults

_ONE_DAY = timedelta(days=1)


def published_last(record: NoticeRecord) -> Notice | None:
    """Return the version that was published last, or None."""
    return next((one for one in reversed(record.versions) if one.state is NoticeState.PUBLISHED), None)


def draft_of(record: NoticeRecord) -> Notice | None:
    """Return the version that waits for its publication, or None."""
    if record.ended_on is not None:
        return None
    return next((one for one in reversed(record.versions) if one.state is NoticeState.SUBMITTED), None)


def last_day_to_publish(draft: Notice, before: Notice | None) -> date:
    """Return the last day, in Japan, on which a draft can be published so that it begins on its day.

    That is the day it begins on; the day before where a purpose or who answers for an item changes.

    Args:
        draft: submitted, so that nothing else keeps it from publication.
        before: the version published last, or None.
    """
    starts = draft.starts
    judged = draft.document.judged(starts)
    found = [*notice_faults(judged)]
    if before is not None:
        found += change_faults(before.judged, judged, starts, draft.document.continuations)
    return starts - _ONE_DAY if found else starts
