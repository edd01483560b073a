"""Open points: what a scheme may lack while it is a draft, and may not when its locks close.

The privacy check, and the six points that joint users agree on in advance. A draft with open points can be submitted,
so that it can be talked about; neither lock closes on it.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from umaya.gate.catalogue import Dataset, find_dataset
from umaya.gate.scheme import SchemeDocument
from umaya.law import Basis, Evidence, Finding, PrivacyDuty, RuleSet, Text
from umaya.law.joint_use import agreement_faults
from umaya.law.privacy_check import privacy_faults
from umaya.types.errors import ConflictError


def privacy_due(scheme: SchemeDocument, dataset: Dataset, rules: RuleSet) -> bool:
    """Return whether the scheme must pass the privacy check: its basis asks for it, or it was made all the same."""
    return scheme.privacy_check is not None or privacy_asked(rules.bases.get(scheme.basis), dataset)


def privacy_asked(basis: Basis | None, dataset: Dataset) -> bool:
    """Return whether a basis (None: one that is not in force) asks for the privacy check of a use of the dataset."""
    if basis is None or basis.privacy_check is PrivacyDuty.ALWAYS:
        return True
    return basis.privacy_check is PrivacyDuty.ABOUT_PEOPLE and dataset.subject is not None


def open_points(scheme: SchemeDocument, dataset: Dataset, rules: RuleSet) -> tuple[Finding, ...]:
    """Return what keeps the locks of a scheme open, in the order of the law's lists; empty when nothing does."""
    basis = rules.bases.get(scheme.basis)
    privacy = privacy_faults(scheme.answers) if privacy_due(scheme, dataset, rules) else ()
    if basis is None or Evidence.AGREED_POINTS not in basis.evidence:
        return privacy
    agreed = {point: Text(words.ja, words.en) for point, words in (scheme.agreement or {}).items()}
    return (*privacy, *agreement_faults(agreed))


def check_open_points(session: Session, scheme: SchemeDocument, rules: RuleSet) -> None:
    """Return when nothing is open.

    Raises:
        ConflictError: naming the first open point.
    """
    found = open_points(scheme, find_dataset(session, scheme.dataset), rules)
    if found:
        rest = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise ConflictError(f"the scheme has open points: `{found[0].code}` at `{found[0].item}`{rest}")
