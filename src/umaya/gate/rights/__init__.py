"""The rights desk (開示等請求窓口): what people ask about the data that parties hold of them, and what becomes of it.

APPI arts. 32 to 39; kinds, clocks and grounds of refusal are data of `umaya.law.rights`.
"""

from umaya.gate.rights.requests import Asked, Requests
from umaya.gate.rights.rights import Rights
from umaya.gate.rights.terms import DeskTerms, find_terms
from umaya.gate.rights.values import (
    OPEN,
    RESIDENT,
    Done,
    Form,
    Identity,
    Proposal,
    Request,
    RequestChannel,
    Requester,
    RequestState,
)

__all__ = [
    "OPEN",
    "RESIDENT",
    "Asked",
    "DeskTerms",
    "Done",
    "Form",
    "Identity",
    "Proposal",
    "Request",
    "RequestChannel",
    "RequestState",
    "Requester",
    "Requests",
    "Rights",
    "find_terms",
]
