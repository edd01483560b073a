"""Joint use (共同利用): the register of notices, and whether a use is within one.

Must hold: nobody publishes what they submitted; no version widens the one before; what was published stays as it was.
What a notice must say and how it may change is `umaya.law.joint_use`.
"""

from umaya.gate.joint_use.document import NoticeDocument
from umaya.gate.joint_use.notices import (
    Notice,
    NoticeAct,
    NoticeRecord,
    NoticeState,
    Sections,
    Words,
    covers,
    find_notice,
    in_force,
    notice_in_force,
)
from umaya.gate.joint_use.register import Register

__all__ = [
    "Notice",
    "NoticeAct",
    "NoticeDocument",
    "NoticeRecord",
    "NoticeState",
    "Register",
    "Sections",
    "Words",
    "covers",
    "find_notice",
    "in_force",
    "notice_in_force",
]
