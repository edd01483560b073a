"""A small group that uses data jointly: post, bank and city hall's visitor, with customers' data of two of them.

post-minase   post-customers: person (subject), name, address (ordinary), parcels (postal), illness (special-care)
bank-minase   bank-customers: person (subject), name (ordinary), balance (non-public financial)
city-minase   no user of the notice
"""

from __future__ import annotations

import pyarrow as pa

from tests.gate.world import World
from umaya.gate import Dataset, Words
from umaya.gate import roles as r
from umaya.types.classes import SecrecyClass as C
from umaya.types.site import Actor

SUBMITTER = Actor("group-clerk", "共同 申", "post-minase", frozenset({r.APPLICANT}))
PUBLISHER = Actor("group-head", "共同 承", "post-minase", frozenset({r.APPROVER}))
BOTH = Actor("group-both", "共同 兼", "post-minase", frozenset({r.APPLICANT, r.APPROVER}))
BANK_SUBMITTER = Actor("bank-clerk", "銀行 申", "bank-minase", frozenset({r.APPLICANT}))
BANK_PUBLISHER = Actor("bank-head", "銀行 承", "bank-minase", frozenset({r.APPROVER}))

NOTICE = """\
notice: minase-group
title: {ja: お客さまの個人データの共同利用について, en: Joint use of customers' personal data}
publisher: post-minase
fact: {ja: 当グループは、個人データを共同して利用します。, en: Our group uses personal data jointly.}
items:
  - item: post-name
    text: {ja: 氏名および住所（郵便局）, en: Name and address (post office)}
    class: ordinary
    responsible: post-minase
    fields: {post-customers: [name, address]}
  - item: bank-balance
    text: {ja: 預金残高（銀行）, en: Balance of deposits (bank)}
    class: non-public-financial
    responsible: bank-minase
    fields: {bank-customers: [balance]}
users:
  - party: post-minase
    name: {ja: 水無瀬郵便局, en: Minase Post}
  - party: bank-minase
    name: {ja: 水無瀬銀行, en: Minase Bank}
purposes:
  - purpose: offers
    text: {ja: 各種サービスのご案内, en: Offers of services}
  - purpose: risk
    text: {ja: リスクの管理, en: Management of risk}
responsible:
  - party: post-minase
    name: {ja: 水無瀬郵便局, en: Minase Post}
    address: {ja: 水無瀬市本町1-1, en: "1-1 Honmachi, Minase"}
    representative: {ja: 代表取締役 郵 太郎, en: "Taro Yu, President"}
  - party: bank-minase
    name: {ja: 水無瀬銀行, en: Minase Bank}
    address: {ja: 水無瀬市本町2-2, en: "2-2 Honmachi, Minase"}
    representative: {ja: 頭取 銀 花子, en: "Hanako Gin, President"}
agreed:
  user-conditions: {ja: 覚書の当事者であること, en: A party to the memorandum}
  managers-and-contacts: {ja: 各社の管理者と窓口, en: Each user's manager and contact}
  handling: {ja: 漏えいの防止、目的外の禁止、消去, en: "No leak, no other purpose, erasure"}
  breach: {ja: 是正と停止, en: Correction and suspension}
  incidents: {ja: 直ちに報告, en: Report at once}
  end: {ja: 三か月前に通知, en: Three months' notice}
starts: 2026-04-10
"""


def form_group(world: World) -> World:
    """Register the group's people and datasets in a furnished world."""
    catalogue = world.gate.catalogue
    for actor in (SUBMITTER, PUBLISHER, BOTH, BANK_SUBMITTER, BANK_PUBLISHER):
        catalogue.add_actor(actor)
    person = pa.field("person", pa.uint32(), nullable=False)
    for dataset, owner, columns in (
        (
            "post-customers",
            "post-minase",
            {"name": C.ORDINARY, "address": C.ORDINARY, "phone": C.ORDINARY, "parcels": C.POSTAL},
        ),
        ("post-illness", "post-minase", {"illness": C.SPECIAL_CARE}),
        ("bank-customers", "bank-minase", {"name": C.ORDINARY, "balance": C.FINANCIAL}),
        ("city-residents", "city-minase", {"name": C.ORDINARY}),
    ):
        schema = pa.schema([person, *((name, pa.string()) for name in columns)])
        classes = {"person": C.ORDINARY, **columns}
        title = Words(f"{dataset}の表", dataset)
        catalogue.add_dataset(Dataset(dataset, owner, title, schema, classes, subject="person"))
    return world


def changed(*changes: tuple[str, str], notice: str = NOTICE) -> str:
    """Return the notice with texts replaced; each must stand there exactly once."""
    for old, new in changes:
        assert notice.count(old) == 1, old
        notice = notice.replace(old, new)
    return notice
