"""Collection (取得): for which purpose a dataset's data are collected, and what people are told (APPI arts. 17, 21).

A purpose with its wording is a version of the dataset's collection notice; every intake of personal data names one. A
version never changes; it is ended, and a new one follows. What people were told when their data came in can always be
said, because the intake's ledger entry names the version and the version's entry holds the digest of its words.
"""

from umaya.gate.collection.notices import (
    CollectionNotice,
    Collections,
    Manner,
    collected_under,
    is_personal,
    newest_notice,
)

__all__ = ["CollectionNotice", "Collections", "Manner", "collected_under", "is_personal", "newest_notice"]
