"""My Number (個人番号): never stored, never shared. Whether a field would hold it, by its words or by its values.

My Number Act (番号法) arts. 19 and 20. The check digit is that of ordinance 85 of 2014 (総務省令第85号), art. 5.
Its card (個人番号カード) and the corporate number (法人番号, 13 digits) are something else.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

DIGITS: Final = 12
WEIGHTS: Final = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
"""Q of art. 5 for the eleven digits from the left."""
LEAST: Final = 3
"""So many values must pass before a column is judged: of other 12-digit numbers one in ten passes by chance."""

_NAMES = re.compile(r"(?:mynumber|individualnumber|kojinbango|個人番号|マイナンバー|特定個人情報)(?!card|カード)")
_SEPARATORS = re.compile(r"[\s_\-・.]+")


def names_my_number(*texts: str) -> bool:
    """Return whether a field's name, or a text about it, speaks of My Number; its card is not meant."""
    return any(
        _NAMES.search(_SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).casefold()) is not None for text in texts
    )


def is_my_number(text: str) -> bool:
    """Return whether a text has twelve digits with the right check digit; spaces, hyphens and width do not matter."""
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    return re.fullmatch(r"[0-9]{12}", plain) is not None and bool(_checked(_digits([plain]))[0])


def holds_my_numbers(column: pa.Array | pa.ChunkedArray) -> bool:
    """Return whether a column holds My Numbers: at least `LEAST` values pass, and most of those with twelve digits.

    Args:
        column: strings or whole numbers; other types hold none. A number has lost its leading zeros.
    """
    if pa.types.is_integer(column.type):
        text = pc.utf8_lpad(pc.cast(column, pa.string()), DIGITS, "0")
    elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        text = pc.replace_substring_regex(pc.utf8_normalize(column, "NFKC"), r"[\s_\-.]+", "")
    else:
        return False
    long = text.filter(pc.match_substring_regex(text, r"^[0-9]{12}$"))
    if len(long) < LEAST:
        return False
    passed = int(_checked(_digits(long.to_numpy(zero_copy_only=False))).sum())
    return passed >= LEAST and 2 * passed > len(long)


def _digits(texts: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """Return (n, 12) digits of n texts of twelve digits."""
    return np.asarray(texts, dtype=f"S{DIGITS}").view(np.uint8).reshape(-1, DIGITS) - np.uint8(ord("0"))


def _checked(digits: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    rest = digits[:, :-1].astype(np.int64) @ np.array(WEIGHTS) % 11
    passed: npt.NDArray[np.bool_] = np.where(rest <= 1, 0, 11 - rest) == digits[:, -1]
    return passed
