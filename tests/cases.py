"""How many cases costly tests draw: the same few in every run; in a search, many, and others each time.

A search is `pytest --hypothesis-profile=search`.
"""

from __future__ import annotations

from hypothesis import settings


def cases(steady: int, search: int) -> int:
    """Return the number for the profile of this run."""
    return search if settings.get_current_profile_name() == "search" else steady
