"""A typed client of the JSON API, and the models of its answers.

The API answers with the very models that stand here, so that what a caller reads is what was sent; a test holds every
operation of the API to one method of `Client`. Knows HTTP and Arrow; knows nothing of the hub behind.
"""

from umaya.client.calls import Client
from umaya.client.errors import ProblemError

__all__ = ["Client", "ProblemError"]
