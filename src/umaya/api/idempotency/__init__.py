"""Idempotency keys: an act that is asked for twice with one `Idempotency-Key` happens once.

After draft-ietf-httpapi-idempotency-key-header-07: the repetition is answered as the first time was; with another
content it is refused (422), while the first is under way or when nobody knows how it ended, too (409).
Must hold: a key is one actor's; what an answer says of people is not kept, and an answer with rows is never kept or
given twice; what failed may be tried again with the same key.
"""

from umaya.api.idempotency.keys import Keys
from umaya.api.idempotency.middleware import Idempotency

__all__ = ["Idempotency", "Keys"]
