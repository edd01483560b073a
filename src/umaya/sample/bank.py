"""The town's bank and insurer: a campaign for consent, withdrawals, and the list of whom insurance may be offered to.

Everything happens through the acts that people have. The truth of who said what stays outside the hub.
"""

from __future__ import annotations

from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from umaya.gate import Dataset, Party, Refusal, Use, Words
from umaya.gate.bodies import Office, Procedure
from umaya.gate.collection import Manner
from umaya.gate.people import Channel, Side, Topic
from umaya.gate.provision import Particulars
from umaya.hub import Hub
from umaya.law import ConsentTier, day_in_japan
from umaya.sample.customers import DEPOSITS, Customers
from umaya.types.classes import SecrecyClass
from umaya.types.clock import ManualClock
from umaya.types.errors import ConflictError
from umaya.types.site import Actor

BANK: Final = "bank-minase"
INSURER: Final = "insurer-minase"
TOPIC: Final = "deposits-to-insurance"
SCHEME: Final = "minase-insurance-offer"
BREACH_SCHEME: Final = "minase-bank-breach-notice"
"""Under which the bank lists whom it must tell after a breach."""

PARTIES: Final = (
    Party(BANK, Words("水無瀬銀行", "Minase Bank"), "bank"),
    Party(INSURER, Words("水無瀬生命", "Minase Life"), "insurer"),
)
ACTORS: Final = (
    Actor("insurer-planner", "早川 由紀（商品企画）", INSURER, frozenset({"applicant"})),
    Actor("insurer-seller", "坂井 健（営業）", INSURER, frozenset({"officer"})),
    Actor("insurer-director", "野沢 恵（役員）", INSURER, frozenset({"approver"})),
    Actor("bank-planner", "永井 翔（業務企画）", BANK, frozenset({"applicant"})),
    Actor("bank-privacy", "森下 直美（個人情報保護責任者）", BANK, frozenset({"privacy-officer", "officer"})),
    Actor("bank-legal", "石黒 悟（コンプライアンス・第二線）", BANK, frozenset({"verifier"})),
    Actor("bank-director", "大沢 誠一（役員）", BANK, frozenset({"approver"})),
    Actor("bank-consent", "篠田 光（役員・同意）", BANK, frozenset({"approver"})),
    Actor("bank-steward", "川端 涼（データ管理者）", BANK, frozenset({"steward"})),
    Actor("bank-teller", "江口 彩（窓口）", BANK, frozenset({"clerk"})),
    Actor("insurer-desk", "三枝 望（窓口）", INSURER, frozenset({"clerk"})),
    Actor("bank-guard", "相原 静（保護担当）", BANK, frozenset({"protector"})),
    Actor("bank-desk", "杉本 千佳（開示等請求窓口）", BANK, frozenset({"rights-desk"})),
    Actor("bank-desk-lead", "木下 修（開示等請求窓口・責任者）", BANK, frozenset({"rights-desk"})),
    Actor("bank-import", "西村 拓（データ受付）", BANK, frozenset({"operator"})),
    Actor("bank-core", "勘定系からの受付プログラム", BANK, frozenset({"operator", "program"})),
)
PARTICULARS: Final = (
    Particulars(
        BANK,
        date(2026, 4, 1),
        Words("水無瀬市旭町一丁目1番1号", "1-1-1 Asahimachi, Minase"),
        Words("代表取締役 高瀬 宏", "Hiroshi Takase, President"),
    ),
    Particulars(
        INSURER,
        date(2026, 4, 1),
        Words("水無瀬市大工町二丁目3番4号", "2-3-4 Daikumachi, Minase"),
        Words("代表取締役 三好 綾", "Aya Miyoshi, President"),
    ),
)
OFFICES: Final = (
    (BANK, Office.PRIVACY_OFFICER, "bank-privacy"),
    (BANK, Office.SECOND_LINE, "bank-legal"),
    (BANK, Office.APPROVING_BODY, "bank-consent"),
    (BANK, Office.APPROVING_BODY, "bank-director"),
    (INSURER, Office.APPROVING_BODY, "insurer-director"),
)
PEOPLE: Final = {person.id: person for person in ACTORS}
CLASSES: Final = {
    "person": SecrecyClass.ORDINARY,
    "name": SecrecyClass.ORDINARY,
    "town": SecrecyClass.ORDINARY,
    "balance": SecrecyClass.FINANCIAL,
    "matures": SecrecyClass.FINANCIAL,
}
DATASET: Final = Dataset(
    "deposits",
    BANK,
    Words("預金", "Deposits"),
    DEPOSITS,
    CLASSES,
    order=("person",),
    subject="person",
    business="banking",
)
_TOPIC: Final = Topic(
    TOPIC,
    Words("預金の情報を保険の案内に使うこと", "Using deposits to offer insurance"),
    ConsentTier.STATED_PERIOD,
    Side(BANK, "banking"),
    Side(INSURER, "insurance"),
    (SecrecyClass.FINANCIAL,),
    Words("満期や残高に合った保険の案内", "Offering insurance that suits maturity and balance"),
)
_WORDING: Final = Words(
    "預金の満期日と残高を、水無瀬生命の保険のご案内に使うことに同意します。断っても銀行の取引に影響はありません。",
    "I consent to the use of the maturity and balance of my deposits for offers of insurance by Minase Life. "
    "Saying no has no effect on my dealings with the bank.",
)
_WITHDRAWAL: Final = Words(
    "銀行または保険会社の窓口、アプリでいつでも撤回できます。",
    "Withdraw at any time at a counter of the bank or the insurer, or in the app.",
)
VALID_DAYS: Final = 365
_PURPOSE: Final = Words("預金の取引と、その案内", "Dealings in deposits, and notices about them")
_TOLD: Final = Words(
    "お預かりした情報は、預金の取引とそのご案内に利用します。ほかの会社の商品のご案内には、事前の同意がある場合に限り利用します。",
    "Used for your deposits and notices about them; for products of other companies only with your consent.",
)


def furnish_bank(hub: Hub, customers: Customers) -> None:
    """Register bank, insurer and their people, take the deposits in, and register what customers are asked."""
    gate = hub.gate
    for party in PARTIES:
        gate.catalogue.add_party(party)
    for person in ACTORS:
        gate.catalogue.add_actor(person)
    today = day_in_japan(hub.clock.now())
    for particulars in PARTICULARS:
        gate.particulars.register(particulars)
    for party_id, office, officer in OFFICES:
        gate.bodies.appoint(party_id, office, officer, today)
    for consulted in (BANK, INSURER):
        gate.bodies.set_procedure(consulted, Procedure.CONSULTATION, today)
    gate.catalogue.add_dataset(DATASET)
    gate.collections.register(PEOPLE["bank-privacy"], DATASET.id, Manner.SHOWN, _PURPOSE, _TOLD, today)
    gate.retention.set_rule(PEOPLE["bank-steward"], DATASET.id, 3650, "取引が終わって10年（帳簿の保存に準じる）")
    gate.intake.take(PEOPLE["bank-core"], DATASET.id, customers.deposits, "minase/deposits", 1)
    gate.topics.add(PEOPLE["bank-privacy"], _TOPIC)
    gate.topics.add_text(PEOPLE["bank-privacy"], TOPIC, _WORDING, _WITHDRAWAL, valid_days=VALID_DAYS)


def set_up_bank(hub: Hub, clock: ManualClock, customers: Customers) -> None:
    """Do all of it, up to the first list, within a few hours."""
    furnish_bank(hub, customers)
    review_offer(hub, clock)
    review_breach_notice(hub, clock)
    take_consents(hub, clock, customers)
    offer_list(hub)


def review_offer(hub: Hub, clock: ManualClock) -> None:
    """Carry the insurer's scheme through its review: both are consulted, so both consent before the approval."""
    review = hub.gate.review
    text = (resources.files("umaya.sample") / "schemes" / f"{SCHEME}.yaml").read_text("utf-8")
    hub.gate.schemes.submit(PEOPLE["insurer-planner"], text, f"{SCHEME}.yaml")
    review.sign_privacy(PEOPLE["bank-privacy"], SCHEME, note="16類型を確認した")
    clock.advance(timedelta(hours=1))
    review.verify(PEOPLE["bank-legal"], SCHEME, note="同意の向きと文面を確認した")
    clock.advance(timedelta(hours=1))
    review.consent(PEOPLE["insurer-director"], SCHEME, note="同意する")
    review.consent(PEOPLE["bank-consent"], SCHEME, note="同意する")
    clock.advance(timedelta(hours=1))
    review.approve(PEOPLE["bank-director"], SCHEME, note="承認する")


def review_breach_notice(hub: Hub, clock: ManualClock) -> None:
    """Carry the bank's own scheme through its review, so that it is ready on the day it is needed."""
    review = hub.gate.review
    text = (resources.files("umaya.sample") / "schemes" / f"{BREACH_SCHEME}.yaml").read_text("utf-8")
    hub.gate.schemes.submit(PEOPLE["bank-planner"], text, f"{BREACH_SCHEME}.yaml")
    review.sign_privacy(PEOPLE["bank-privacy"], BREACH_SCHEME, note="16類型を確認した")
    review.verify(PEOPLE["bank-legal"], BREACH_SCHEME, note="第26条第2項の通知に限ることを確認した")
    review.consent(PEOPLE["bank-consent"], BREACH_SCHEME, note="同意する")
    clock.advance(timedelta(hours=1))
    review.approve(PEOPLE["bank-director"], BREACH_SCHEME, note="承認する")


def take_consents(hub: Hub, clock: ManualClock, customers: Customers) -> None:
    """Record the campaign's consents, then the withdrawals of some, then the protective measures of very few."""
    gate = hub.gate
    with TemporaryDirectory() as folder:
        file = Path(folder) / "campaign.parquet"
        pq.write_table(pa.table({"person": customers.asked}), file)
        gate.consents.campaign(PEOPLE["bank-teller"], TOPIC, 1, file)
    clock.advance(timedelta(hours=1))
    for person in customers.withdrew.tolist():
        gate.consents.withdraw(PEOPLE["bank-teller"], person, TOPIC, Channel.COUNTER)
    for person in customers.protected.tolist():
        gate.measures.set(PEOPLE["bank-guard"], person, "市の支援措置の連絡による")


def offer_list(hub: Hub) -> pa.Table:
    """Return the list that the insurer gets: released through the gate, a row for each customer who consented."""
    use = Use(PEOPLE["insurer-seller"], SCHEME, "満期を迎える方への案内の準備", None)
    stream = hub.gate.stream(use)
    if isinstance(stream, Refusal):
        raise ConflictError(f"the sample's own list was refused: {stream.reason}")
    with stream:
        return pa.Table.from_batches(list(stream), stream.schema)


def consented(customers: Customers) -> set[int]:
    """Return the truth: whom the list may hold."""
    return set(customers.asked.tolist()) - set(customers.withdrew.tolist()) - set(customers.protected.tolist())
