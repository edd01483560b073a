"""What any operation of the API may answer besides success: problems (RFC 9457), as its description says."""

from __future__ import annotations

from typing import Any, Final

from umaya.client.models import Problem

PROBLEM_TYPE: Final = "application/problem+json"
_SAID: Final = {
    400: "the request cannot be read",
    401: "nobody is signed in",
    403: "the role does not allow it, another site asks, or the gate refused; then `reason` is its reason code",
    404: "there is no such thing, or it is none of one's business",
    409: "the act does not fit the present state, or the idempotency key is in use",
    413: "the body is larger than the hub takes",
    422: "something handed in is wrong; `place` or `errors` says where",
    429: "too many requests; `Retry-After` says when to ask again",
    503: "the ledger cannot write, so nothing happened",
}
PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": said, "content": {PROBLEM_TYPE: {"schema": Problem.model_json_schema()}}}
    for status, said in _SAID.items()
}
"""To be given to every router of the API."""
