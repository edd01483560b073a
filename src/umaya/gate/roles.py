"""Roles: the hats an actor may wear for its party. Stored and recorded, so values never change."""

from __future__ import annotations

from typing import Final

APPLICANT: Final = "applicant"
"""Applies for a scheme; of the provider or the recipient."""
VERIFIER: Final = "verifier"
"""Second line: checks a scheme against the law (lock one); of the provider."""
APPROVER: Final = "approver"
"""Approves a verified scheme (lock two); of the provider."""
OFFICER: Final = "officer"
"""Uses what an approved scheme releases; of the recipient."""
DECLARER: Final = "declarer"
"""Declares a disaster and its end; of the municipality concerned."""
STEWARD: Final = "steward"
"""Watches over the provider's data: sees schemes and uses, and may suspend."""
OPERATOR: Final = "operator"
"""The program that takes data into the vault; of the owner."""
AUDITOR: Final = "auditor"
"""Reads the ledger."""
CLERK: Final = "clerk"
"""Takes consents and withdrawals, and looks their state up; of a party that the topic names."""
PROTECTOR: Final = "protector"
"""Sets, lifts and sees protective measures (支援措置); very few people."""
PRIVACY_OFFICER: Final = "privacy-officer"
"""個人情報保護責任者: answers for the privacy check of a party's schemes."""
RESPONDER: Final = "responder"
"""緊急時の請求者: opens raw data in a declared emergency, without prior approval; of the recipient."""
RIGHTS_DESK: Final = "rights-desk"
"""開示等請求窓口: deals with requests of people about the data that the party holds of them."""
CARRIER: Final = "carrier"
"""Reports on a phone what is wrong with a road; of any party whose people are out on the roads."""
PROGRAM: Final = "program"
"""Marks a program: nobody signs in as one."""

ROLES: Final = frozenset(
    {
        APPLICANT,
        VERIFIER,
        APPROVER,
        OFFICER,
        DECLARER,
        STEWARD,
        OPERATOR,
        AUDITOR,
        CLERK,
        PROTECTOR,
        PRIVACY_OFFICER,
        RESPONDER,
        PROGRAM,
        RIGHTS_DESK,
        CARRIER,
    }
)
