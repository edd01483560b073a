"""Every word of every page exists in Japanese and English, none is left over, and times are Japan's."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.requests import Request

import umaya
from umaya.api.linked_data.vocabulary import OPERANDS, PROPERTIES
from umaya.engines.address.parts import LEVELS as ADDRESS_LEVELS
from umaya.engines.address.parts import PARTS as ADDRESS_PARTS
from umaya.gate import Op
from umaya.gate.alarms import AlarmKind
from umaya.gate.breach.cases import Stage
from umaya.gate.breach.desk import NARROWING
from umaya.gate.checks import FaultCode
from umaya.gate.collection import Manner
from umaya.gate.conditions import FORMS, Rule
from umaya.gate.dry_check import ShapeCode
from umaya.gate.emergency.openings import Finding
from umaya.gate.highlights import Point
from umaya.gate.monitoring.cases import Result as AlarmResult
from umaya.gate.monitoring.cases import StepKind as AlarmStep
from umaya.gate.monitoring.opening import CaseState
from umaya.gate.monitoring.settings import Relation
from umaya.gate.own import Reach
from umaya.gate.pending import Need
from umaya.gate.people import Channel
from umaya.gate.people import State as ConsentState
from umaya.gate.person_rule import WITH_CONSENT, WITHOUT_CONSENT
from umaya.gate.rehearsal import Step
from umaya.gate.rights import Form as AnswerForm
from umaya.gate.rights import Identity as CheckedBy
from umaya.gate.rights import Proposal, RequestChannel, Requester, RequestState
from umaya.gate.roles import ROLES
from umaya.gate.scheme import SchemeDocument
from umaya.gate.schemes import State, SubmissionCode
from umaya.gate.uses import UseState
from umaya.law import ConsentTier, Evidence
from umaya.law.breach import LeakException, ReportField, Trigger
from umaya.law.joint_use import AgreedPoint
from umaya.law.privacy_check import ProblemGroup, Risk
from umaya.law.rights import RequestKind
from umaya.ledger.entries import Kind
from umaya.places.offices import SERVICES
from umaya.places.parameters import PARAMETERS as OF_PLACES
from umaya.services.buildings import Note as CheckNote
from umaya.services.buildings import State as CheckState
from umaya.services.buildings import Verdict as CheckVerdict
from umaya.services.buildings.reading import REASONS as DOUBTFUL_REASONS
from umaya.services.reports.pages import FIELDS as REPORT_FIELDS
from umaya.services.reports.rules import KINDS as REPORT_KINDS
from umaya.types.classes import SecrecyClass
from umaya.types.identity_provider import Audience
from umaya.types.reasons import Reason
from umaya.vault.steps import PARAMETERS
from umaya.web.desks import DESKS
from umaya.web.emergency_form import TEXTS as EMERGENCY_TEXTS
from umaya.web.languages import SUPPORTED, Catalogue, choose, japan_limit, japan_span, japan_time, load_catalogue
from umaya.web.navigation import LINKS
from umaya.web.pages.apply import TEMPLATES
from umaya.web.pages.apply_draft import STEPS as APPLY_STEPS
from umaya.web.pages.apply_forms import CORNERS
from umaya.web.pages.apply_parameters import MODELS, parameter_fields
from umaya.web.pages.apply_words import FITS
from umaya.web.pages.audit import SCOPES
from umaya.web.pages.audit_search import MEMBERS
from umaya.web.pages.breach import FAULTS as BREACH_FAULTS
from umaya.web.pages.checks import TOLD as CHECKS_TOLD
from umaya.web.pages.counter_take import EXPLAINED
from umaya.web.pages.datasets import DONE as DATASET_ACTS
from umaya.web.pages.datasets import NOTICE_FIELDS
from umaya.web.pages.datasets_import import OTHER as OTHER_PROBLEM
from umaya.web.pages.datasets_import import PROBLEMS
from umaya.web.pages.datasets_waiting import DATASETS
from umaya.web.pages.emergency import SPANS
from umaya.web.pages.ledger_checks import FILE_WORDS, FINDINGS, OTHER
from umaya.web.pages.monitoring_reports import COUNTS as MONITORING_COUNTS
from umaya.web.pages.monitoring_settings import FAULTS as SETTING_FAULTS
from umaya.web.pages.my_requests import ANSWERS
from umaya.web.pages.offices import PACES
from umaya.web.pages.rights_steps import RIGHTS as RIGHTS_DESK
from umaya.web.pages.uses_form import FAULTS, MISSING
from umaya.web.problem import CODES
from umaya.web.receipt_check import STEPS
from umaya.web.row_files import FORMATS

PACKAGE = Path(umaya.__file__).parent
FRONTEND = PACKAGE.parents[1] / "frontend"
STATUSES = ("passed-1h", "passed-3h", "passed-24h", "probably-blocked", "no-evidence")
MAP_CONTROLS = (
    "NavigationControl.ZoomIn",
    "NavigationControl.ZoomOut",
    "Map.Title",
    "AttributionControl.ToggleAttribution",
)
COUNTER_FAULTS = (
    *("number", "number-missing", "topic", "no-text", "language", "explained-validity", "explained-withdrawal"),
    *("typed", "signature", "image", "requested", "requested-late", "requested-used", "conflict", "not-recorded"),
    *("entry", "reason"),
)
OBLIGATIONS = (*OF_PLACES, *PARAMETERS)

APPLY_FAULTS = (*FaultCode, *SubmissionCode, *ShapeCode)
APPLY_PARAMETERS = [field for name in MODELS for field in parameter_fields(name)]

RIGHTS_ACTS = (
    *("identify", "take", "extend", "withdraw", "refuse", "propose-erasure", "confirm", "decline"),
    *("answer", "correct", "stop", "hand-out", "remove", "lift"),
)
RIGHTS_FAULTS = (
    *("number", "kind", "ground", "requester", "agent", "dataset", "words", "form", "channel", "language"),
    *("identity", "evidence", "reason", "refusal", "alternative", "field"),
)

LOOKED_UP = {
    "offices.service.": SERVICES,
    "offices.pace.": PACES,
    "offices.": ("people", "before", "after", "bands", "bands.about", "minutes"),
    "reports.kind.": REPORT_KINDS,
    "reports.fault.": (*REPORT_FIELDS, "choose"),
    "reports.ended.": ("cleared", "over"),
    "reports.script.": ("found", "refused", "waiting"),
    "apply.step.": APPLY_STEPS,
    "apply.fault.": [f"{code}.{part}" for code in APPLY_FAULTS for part in ("what", "next")],
    "apply.fit.": FITS,
    "apply.field.": ("topic", "notice", "business"),
    "apply.class.": list(SecrecyClass),
    "apply.corner.": CORNERS,
    "apply.point.": list(AgreedPoint),
    "apply.group.": list(ProblemGroup),
    "apply.template.": TEMPLATES,
    "apply.parameter.": [field.key for field in APPLY_PARAMETERS],
    "apply.choice.": [choice for field in APPLY_PARAMETERS for choice in field.choices],
    "checks.fault.": ("chosen", "verdict"),
    "checks.note.": list(CheckNote),
    "checks.picture": ("", "-about"),
    "checks.reason.": sorted(DOUBTFUL_REASONS),
    "checks.state.": list(CheckState),
    "checks.told.": sorted(CHECKS_TOLD),
    "checks.verdict.": list(CheckVerdict),
    "diff.": ("added", "removed", "changed"),
    "diff.key.": [field.alias or name for name, field in SchemeDocument.model_fields.items()],
    "monitoring.kind.": list(AlarmKind),
    "monitoring.kind-about.": list(AlarmKind),
    "monitoring.state.": list(CaseState),
    "monitoring.result.": list(AlarmResult),
    "monitoring.turn.": ("assign", "state", "begin", "close", "sample", "done"),
    "monitoring.line.": ("assign", "state", "sample"),
    "monitoring.step.": list(AlarmStep),
    "monitoring.number.": (
        *("count", "limit", "own", "peers", "total", "actors", "days", "repeats", "some", "all", "percent"),
        *("others-percent", "people", "listed", "consented-after", "consented", "minutes"),
    ),
    "monitoring.detail.": ("what", "level", "reason", "office", "campaign", "topic", "relation"),
    "monitoring.value.": ("look-ups", "uses", "actor", "office", "party", "any"),
    "monitoring.relation.": list(Relation),
    "monitoring.count.": MONITORING_COUNTS,
    "monitoring.part.": ("counts", "purposes", "refusals", "kinds", "states", "results", "ages", "offices"),
    "monitoring.age.": ("late", "in-time"),
    "monitoring.fault.": ("words", "owner"),
    "monitoring.setting-fault.": SETTING_FAULTS,
    "monitoring.": (
        *("data", "data-about", "data-heading", "data-value", "few", "not-kept", "chart-about"),
        *("report-what", "report-this", "report-before"),
    ),
    "places.part.": ADDRESS_PARTS,
    "places.level.": ADDRESS_LEVELS,
    "places.next.": ADDRESS_LEVELS,
    "places.map-about.": ADDRESS_LEVELS[1:],
    "places.id.": ("lg_code", "machiaza_id", "blk_id", "rsdt_id"),
    "places.sure.": ("high", "middle", "low"),
    "places.fault.": ("empty", "long"),
    "nav.": [link.key for link in LINKS],
    "home.": [link.key for link in LINKS],
    "role.": [*ROLES, *(f"{role}.does" for role in ROLES)],
    "problem.": [f"{code}.{part}" for code in CODES for part in ("title", "next")],
    "reason.": [f"{reason.value}.{part}" for reason in Reason for part in ("what", "next")],
    "breach.ask.": [
        *("title", "what", "known_at", "certain", "alarm", "window", "start", "end", "narrowed", "triggers", "words"),
        *("exceptions", "stage", "version", "day", "reference", "scheme", "people", "means", "note"),
        *ReportField,
    ],
    "breach.by.": NARROWING,
    "breach.certain.": ("suspected", "certain"),
    "breach.exception.": list(LeakException),
    "breach.fault.": BREACH_FAULTS,
    "breach.field.": list(ReportField),
    "breach.prefill.": ("known", "suspected", "releases", "people", "unknown", "uses", "told"),
    "breach.stage.": list(Stage),
    "breach.trigger.": list(Trigger),
    "breach.": ("report-title", "not-written"),
    "datasets.ask.": [*NOTICE_FIELDS, "days", "reason"],
    "datasets.deleted.": ("dataset.swept", "request.erased"),
    "datasets.done.": DATASET_ACTS,
    "datasets.fault.": ("day", "days", "file", "large", "long", "none", "past", "text"),
    "datasets.manner.": list(Manner),
    "datasets.next.": DATASETS.codes,
    "datasets.problem.": [*PROBLEMS.values(), OTHER_PROBLEM],
    "emergency.ask.": [*EMERGENCY_TEXTS, "event", "fields", "point", "note", "finding", "looked", "measures"],
    "emergency.help.": [*EMERGENCY_TEXTS, "point", "note", "looked", "measures"],
    "emergency.fault.": ("text", "fields", "event", "point", "unfit", "finding"),
    "emergency.finding.": list(Finding),
    "emergency.next-step.": ("open", "to-review", "reviewed"),
    "emergency.since.": list(SPANS),
    "emergency.state.": ("open", "to-review", "reviewed"),
    "roads.status.": STATUSES,
    "roads.stage.": ("waiting", "late", "over"),
    "roads.filter.": ("known", "all"),
    "roads.map.": MAP_CONTROLS,
    "schemes.state.": [state.value for state in State],
    "schemes.next.": [state.value for state in State],
    "schemes.act.": ["submit", *Step, "condition-failed"],
    "schemes.do.": list(Step),
    "schemes.done.": list(Step),
    "schemes.note-for.": list(Step),
    "review.effect.": list(Step),
    "review.fault.": ("reason", "long", "range", "none"),
    "condition.": [*Rule, *(f"{rule}.unit" for rule in Rule if FORMS[rule].key not in {None, "day"})],
    "agreed.": list(AgreedPoint),
    "figures.": (
        *(f"{chart}{part}" for chart in ("purposes", "parties", "refusals") for part in ("", ".about", ".heading")),
        *("consents.about", "given", "withdrawn", "month", "permitted", "refused"),
    ),
    "highlight.": list(Point),
    "register.state.": ("submitted", "replaced"),
    "register.next.": ("publish", "too-late", "wait", "nothing"),
    "register.day.": ("publish", "too-late", "wait"),
    "register.act.": ("submit", "publish", "end"),
    "register.do.": ("submit", "publish", "end"),
    "register.done.": ("submit", "publish", "end"),
    "register.fault.": ("day", "past", "law", "long"),
    "risk.": list(Risk),
    "class.": [kind.value for kind in SecrecyClass],
    "evidence.": [item.value for item in Evidence],
    "obligation.": OBLIGATIONS,
    "sign-in.for.": list(Audience),
    "sign-in.ask.": list(Audience),
    "kind.": [kind.value for kind in Kind],
    "counter.channel.": [channel.value for channel in Channel],
    "counter.explained-": EXPLAINED,
    "counter.fault.": COUNTER_FAULTS,
    "counter.said.": ("given", "withdrawn", "outdated", "spent"),
    "counter.sheet.": ("purpose", "through", *EXPLAINED),
    "counter.state.": [state.value for state in ConsentState],
    "counter.state-next.": [state.value for state in ConsentState],
    "counter.tier.": [tier.value for tier in ConsentTier],
    "linked-data.": (*PROPERTIES, *OPERANDS, "Field", "through-the-gate", "vocabulary"),
    "my.bundle.": ("readme",),
    "my.channel.": [channel.value for channel in Channel],
    "my.check.fault.": ("receipt.none", "receipt.long", "key.form"),
    "my.check.fault.receipt.": (),
    "my.check.fault.key.": (),
    "my.check.is.": ("met", "failed", "open"),
    "my.check.step.": STEPS,
    "my.class.": [kind.value for kind in SecrecyClass],
    "my.reach.": [reach.value for reach in Reach],
    "my.reason.": sorted({clause.reason.value for clause in (*WITH_CONSENT, *WITHOUT_CONSENT)}),
    "my.request.fault.": ("dataset", "field", "ground", "party", "value", "words"),
    "my.request.form.": [form.value for form in ANSWERS],
    "my.request.kind.": [kind.value for kind in RequestKind],
    "my.request.state.": [state.value for state in RequestState],
    "my.said.": ("given", "withdrawn", "spent", "outdated"),
    "my.state.": [state.value for state in ConsentState] + [f"{state.value}.means" for state in ConsentState],
    "releases.": ("released", "refused"),
    "waiting.review.": list(Need),
    "rights.state.": [state.value for state in RequestState],
    "rights.requester.": [one.value for one in Requester],
    "rights.form.": [form.value for form in AnswerForm],
    "rights.channel.": [channel.value for channel in RequestChannel],
    "rights.identity.": [way.value for way in CheckedBy],
    "rights.letter.": [state.value for state in RequestState],
    "rights.language.": ("ja", "en"),
    "rights.proposal.": [proposal.value for proposal in Proposal],
    "rights.do.": RIGHTS_ACTS,
    "rights.effect.": RIGHTS_ACTS,
    "rights.done.": ("received", *(act for act in RIGHTS_ACTS if act != "hand-out")),
    "rights.fault.": RIGHTS_FAULTS,
    "waiting.rights.": RIGHTS_DESK.codes,
    "waiting.": [*(desk.key for desk in DESKS), *(f"{desk.key}.{code}" for desk in DESKS for code in desk.codes)],
    "releases.none.": ("released", "refused"),
    "audit.fault.": ("reference", "day"),
    "audit.member.": MEMBERS,
    "audit.of.": SCOPES,
    "ledger.file.": FILE_WORDS,
    "ledger.finding.": [*FINDINGS, OTHER],
    "uses.condition.": [rule.value for rule in Rule],
    "uses.fault.": FAULTS,
    "uses.format.": FORMATS,
    "uses.next.": [state.value for state in UseState],
    "uses.op.": [*(op.value for op in Op if op is not Op.IS_NULL), MISSING],
    "uses.state.": [state.value for state in UseState],
}
"""Keys that pages put together from a code of the domain: prefix to every code."""


def used_keys() -> set[str]:
    """Return every key that templates and scripts use, literal or put together."""
    keys = {prefix + code for prefix, codes in LOOKED_UP.items() for code in codes}
    for template in PACKAGE.rglob("templates/**/*.html"):
        keys |= set(re.findall(r"""_\(\s*["']([^"']+)["']\s*[,)]""", template.read_text("utf-8")))
    for script in FRONTEND.rglob("*.js"):
        keys |= set(re.findall(r"""\bt\(["']([^"']+)["']\s*[,)]""", script.read_text("utf-8")))
    return keys


def prefixes_used() -> set[str]:
    """Return every prefix that templates and scripts put before a code."""
    found = set()
    for template in PACKAGE.rglob("templates/**/*.html"):
        found |= set(re.findall(r"""_\(\s*["']([^"']+)["']\s*~""", template.read_text("utf-8")))
    for script in FRONTEND.rglob("*.js"):
        found |= set(re.findall(r"\bt\(`([^`$]+)\$\{", script.read_text("utf-8")))
    return found


@pytest.fixture(params=SUPPORTED)
def catalogue(request: pytest.FixtureRequest) -> Catalogue:
    """The texts of each language."""
    return load_catalogue(request.param)


def test_every_key_in_use_is_translated(catalogue: Catalogue) -> None:
    assert sorted(used_keys() - catalogue.texts.keys()) == []


def test_no_text_is_left_over(catalogue: Catalogue) -> None:
    assert sorted(catalogue.texts.keys() - used_keys()) == []


def test_every_lookup_by_code_is_listed() -> None:
    """Guards the two tests above: a prefix that is not in `LOOKED_UP` would not be checked."""
    assert prefixes_used() <= LOOKED_UP.keys()


def test_both_languages_take_the_same_values() -> None:
    japanese, english = (load_catalogue(language).texts for language in ("ja", "en"))
    for key in japanese:
        names = [set(re.findall(r"%\((\w+)\)s", text[key])) for text in (japanese, english)]
        assert names[0] == names[1], key


def test_japanese_texts_are_japanese() -> None:
    """No English sentence slipped into the Japanese catalogue; units, formats and the project's name may stand."""
    japanese = load_catalogue("ja").texts
    plain = {key for key, text in japanese.items() if not re.search(r"[ぁ-んァ-ヶ一-龠]", text)}
    assert plain == {"roads.kilometres", "roads.and"}


def request_of(query: str = "", cookie: str = "", accept: str = "") -> Request:
    """Return a request with as much of a language wish as given."""
    headers = [(b"cookie", cookie.encode()), (b"accept-language", accept.encode())]
    return Request({"type": "http", "query_string": query.encode(), "headers": headers})


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "language"),
    [
        ("", "", "", "ja"),
        ("", "", "en-GB,en;q=0.9", "en"),
        ("", "", "fr, en;q=0.3, ja;q=0.8", "ja"),
        ("", "", "fr;q=x,,;q=", "ja"),
        ("", "language=en", "ja", "en"),
        ("lang=ja", "language=en", "en", "ja"),
        ("lang=xx", "language=yy", "zz", "ja"),
    ],
)
def test_the_language_is_the_most_express_wish(query: str, cookie: str, accept: str, language: str) -> None:
    assert choose(request_of(query, cookie, accept), "ja") == language


def test_times_are_shown_in_japan_time() -> None:
    moment = datetime(2026, 11, 20, 17, 12, tzinfo=UTC)
    assert japan_time(moment, "ja") == "2026年11月21日(土) 2:12"
    assert japan_time(moment, "en") == "Sat 21 Nov 2026, 02:12 JST"


def test_a_span_says_its_day_once() -> None:
    start, end = datetime(2026, 11, 20, 14, 50, tzinfo=UTC), datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    assert japan_span(start - timedelta(hours=1), end - timedelta(hours=1), "ja") == "2026年11月20日(金) 22:50 – 23:00"
    assert japan_span(start, end, "en") == "Fri 20 Nov 2026, 23:50 JST – Sat 21 Nov 2026, 00:00 JST"


def test_a_limit_at_midnight_is_said_as_the_day_that_it_ends() -> None:
    midnight = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    assert japan_limit(midnight, "ja") == "2026年11月20日"
    assert japan_limit(midnight + timedelta(minutes=1), "ja") == "2026年11月21日(土) 0:01"
