"""My Number (個人番号): never stored, never shared. Whether a field would hold it, by its words or by its values.

My Number Act (番号法) arts. 19 and 20. The check digit is that of ordinance 85 of 2014 (総務省令第85号), art. 5.
Its card (個人番号カード) and the corporate number (法人番号, 13 digits) are something else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

DIGITS: Final = 12
WEIGHTS: Final = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
"""Q of art. 5 for the eleven digits from the left."""
LEAST: Final = 3
"""So many different values must pass: of other 12-digit numbers one in ten passes by chance."""
SAMPLE: Final = 100_000
"""So many values that may be one are looked at, from the first on."""

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
    """Return whether a column holds My Numbers: at least `LEAST` different values pass, and most with twelve digits.

    Args:
        column: strings or whole numbers, or a dictionary of them; other types hold none. Of whole numbers, one leading
            zero may have been lost.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_integer(column.type):
        digits = _digits_of_numbers(column)
    elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        digits = _digits_of_texts(column)
    else:
        return False
    passed = int(_checked(digits).sum())
    return passed >= LEAST and 2 * passed > len(digits)


def _digits_of_numbers(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int64]:
    long = column.filter(pc.and_(pc.greater_equal(column, 10 ** (DIGITS - 2)), pc.less(column, 10**DIGITS)))
    return np.asarray(long[:SAMPLE].unique(), dtype=np.int64)[:, None] // 10 ** np.arange(DIGITS - 1, -1, -1) % 10


def _digits_of_texts(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int64]:
    candidates = column.filter(pc.greater_equal(pc.utf8_length(column), DIGITS))
    text = pc.replace_substring_regex(pc.utf8_normalize(candidates[:SAMPLE], "NFKC"), r"[\s_\-.]+", "")
    long = text.filter(pc.match_substring_regex(text, r"^[0-9]{12}$")).unique()
    return _digits(long.to_pylist())


def _digits(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return (n, 12) digits of n texts of twelve digits."""
    codes = np.frombuffer("".join(texts).encode(), dtype=np.uint8).reshape(-1, DIGITS)
    return codes.astype(np.int64) - ord("0")


def _checked(digits: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which rows of digits have the right check digit; twelve zeros are no number."""
    rest = digits[:, :-1] @ np.array(WEIGHTS) % 11
    passed: npt.NDArray[np.bool_] = np.where(rest <= 1, 0, 11 - rest) == digits[:, -1]
    return passed & digits.any(axis=1)
