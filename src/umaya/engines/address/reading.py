"""Reading one address: every character gets its part, every part its row of the index.

What always holds: each byte of the text lies in exactly one span, spans follow one another without a hole, and a part's
text is made of its spans alone. What is not understood is `REST`, never dropped and never drawn into a number.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from umaya.engines.address import tables
from umaya.engines.address.index import NONE, Bytes, Ints, Longs
from umaya.engines.address.numbers import LEVEL, ROW, look_up, read_pieces, split, takes_mark
from umaya.engines.address.parts import (
    AZA,
    BAN,
    BLOCK,
    BUILDING,
    CARE_OF,
    CHI,
    CHO,
    CITY,
    COMMAS,
    GO,
    KAI,
    KATA,
    NEAR,
    NUMBERS,
    OF_BLOCK,
    OF_CITY,
    OF_NUMBER,
    OF_PARCEL,
    OF_PREFECTURE,
    OF_TOWN,
    OUTSIDE,
    POST_SIGN,
    POSTCODE,
    PREFECTURE,
    REST,
    ROOM,
    SAKI,
    SAMA,
    SEPARATOR,
    SHITSU,
    STREET,
    TOWN,
    WARI,
    WITHOUT,
    F,
    after_prefix,
    at,
    is_in_word,
    is_link,
    is_mark,
    is_number,
)
from umaya.engines.address.places import (
    AT_CITY,
    AT_FORMER,
    AT_PREFECTURE,
    AT_TOWN,
    CHOME_NUMBER,
    CITY_END,
    MARKS,
    PREFECTURE_END,
    STREET_BEGIN,
    TIED,
    TOWN_BEGIN,
    TOWN_END,
    TWINS,
    find_place,
    walk,
)
from umaya.engines.address.spelling import HYPHEN, NUMBER, tokenise
from umaya.engines.kernels import fused, inner, kernel

MOST_TRIED = 40
"""Symbols at the beginning of a text among which a prefecture is looked for when no place begins there."""


class Found(NamedTuple):
    """One row for each text: rows of the index (NONE where not found), level, confidence."""

    prefecture: Ints
    city: Ints
    town: Ints
    chome: Ints  # where it is not a row of its own
    former: Ints
    block: Ints
    point: Ints
    parcel: Ints
    twins: npt.NDArray[np.bool_]  # the town's name is not its alone: its ids are not known
    postcode: Ints
    level: Bytes
    confidence: npt.NDArray[np.float32]


class Spans(NamedTuple):
    """Spans of all texts: those of text i from `first[i]` to `first[i + 1]`; offsets in bytes of the text."""

    first: Longs
    part: Bytes
    begin: Ints
    end: Ints


@fused
def _mark(work: Any, begin: Any, end: Any, part: Any) -> None:
    for i in range(begin, end):
        work.label[i] = part


@fused
def _postcode(work: Any, count: Any) -> Any:
    """Mark a postcode at the beginning; return it (NONE for none) and the place after it."""
    tokens = work.tokens
    begin = 1 if at(tokens, count, 0) == POST_SIGN else 0
    if begin >= count or not is_number(at(tokens, count, begin)):
        return np.int64(NONE), np.int64(0)
    value, width = at(tokens, count, begin) - NUMBER, tokens.width[begin]
    if width == 7 and tokens.code[begin] < ord("〇") + 0x10000 and (begin == 1 or count > 1):
        _mark(work, 0, begin + 1, POSTCODE)
        return np.int64(value), np.int64(begin + 1)
    last = at(tokens, count, begin + 2)
    if width == 3 and at(tokens, count, begin + 1) == HYPHEN and is_number(last) and tokens.width[begin + 2] == 4:
        _mark(work, 0, begin + 3, POSTCODE)
        return np.int64(value * 10000 + last - NUMBER), np.int64(begin + 3)
    return np.int64(NONE), np.int64(0)


@inner
def _katakana(tokens: Any, place: Any) -> Any:
    code = np.int64(tokens.code[place])
    return 0x30A1 <= code <= 0x30FA or 0xFF66 <= code <= 0xFF9D or code < 0x300


@fused
def _unlisted(work: Any, count: Any, place: Any) -> Any:
    """Return where the number begins after a name that the index has not (字野附475), the same place where none is.

    The name stands next to what was understood, is short and has no two katakana or letters side by side, as names of
    buildings have.
    """
    tokens = work.tokens
    begin = after_prefix(tokens, count, place)
    if is_mark(at(tokens, count, begin)) and takes_mark(tokens, count, begin, 0, True):
        return begin if begin == place else place
    if is_link(at(tokens, count, begin)) and is_number(at(tokens, count, begin + 1)):
        return place
    longest = 12 if begin > place else 6
    i = begin
    while (
        i < count
        and i - begin <= longest
        and (not is_number(at(tokens, count, i)) or is_in_word(tokens, count, i, False))
    ):
        one = at(tokens, count, i)
        if i > begin and _no_number(tokens, count, i):
            return i
        if (i > place and tokens.gap[i]) or one == HYPHEN or one in COMMAS:
            return place
        if i > begin and _katakana(tokens, i) and _katakana(tokens, i - 1):
            return place
        i += 1
    if i >= count or i == begin or i - begin > longest or tokens.gap[i]:
        return place
    following = at(tokens, count, i + 1)
    if following == CHI and at(tokens, count, i + 2) == WARI:
        return i + 3
    closed = i + 1 >= count or tokens.gap[i + 1] or following in (BAN, GO, HYPHEN)
    return i if closed else place


@inner
def _no_number(tokens: Any, count: Any, place: Any) -> Any:
    """Whether 無番地 or 番外地 stands at a place."""
    first, second, third = at(tokens, count, place), at(tokens, count, place + 1), at(tokens, count, place + 2)
    return third == CHI and ((first == WITHOUT and second == BAN) or (first == BAN and second == OUTSIDE))


@inner
def _without_number(work: Any, count: Any, place: Any) -> Any:
    """Mark 無番地 or 番外地 in the place of a number; return the place after it."""
    if _no_number(work.tokens, count, place):
        _mark(work, place, place + 3, NUMBERS)
        return place + 3
    return place


@fused
def _number(index: Any, work: Any, count: Any, place: Any, town: Any, chome: Any) -> Any:
    """Mark block and number from a place on; return the place after them."""
    pieces = read_pieces(work, count, place)
    look_up(index, town if chome == 0 else NONE, pieces, work)
    if pieces == 0:
        return _without_number(work, count, place)
    block, used = split(index, town, chome, pieces, work)
    _mark(work, place, work.piece_begin[0], SEPARATOR)
    for i in range(used):
        part = BLOCK if i < block else NUMBERS
        _mark(work, work.piece_begin[i], work.piece_end[i], part)
        if i > 0:
            same = i != block
            _mark(work, work.piece_end[i - 1], work.piece_begin[i], part if same else SEPARATOR)
    return np.int64(work.piece_end[used - 1])


@inner
def _room_begin(work: Any, begin: Any, end: Any) -> Any:
    """Return where a room begins that ends at `end`: 305, 305号室, A-305, 3F, 3階; `end` for none."""
    tokens = work.tokens
    i = end
    named = False
    if i > begin and at(tokens, end, i - 1) == SHITSU:
        i, named = i - 1, True
    if i > begin and at(tokens, end, i - 1) in (GO, KAI, F):
        i, named = i - 1, True
    if i <= begin or not is_number(at(tokens, end, i - 1)):
        return end
    i -= 1
    if not named and i > begin and tokens.width[i] < 3 and not (tokens.gap[i] or at(tokens, end, i - 1) == HYPHEN):
        return end
    if i - 2 >= begin and at(tokens, end, i - 1) == HYPHEN and 97 <= at(tokens, end, i - 2) <= 122:
        i -= 2
    elif i - 1 >= begin and 97 <= at(tokens, end, i - 1) <= 122 and (i - 1 == begin or at(tokens, end, i - 2) >= 128):
        i -= 1
    return i


@inner
def _care_of_begin(work: Any, begin: Any, end: Any) -> Any:
    """Return where 山田様方 begins, `end` for none: at the last gap or number before it."""
    tokens = work.tokens
    if end - begin < 2 or at(tokens, end, end - 1) != KATA:
        return end
    honoured = at(tokens, end, end - 2) == SAMA
    i = end - (2 if honoured else 1)
    while (
        i > begin
        and not tokens.gap[i]
        and not is_number(at(tokens, end, i - 1))
        and at(tokens, end, i - 1) not in (GO, SHITSU)
    ):
        i -= 1
    return i if honoured or (i < end and tokens.gap[i]) else end


@fused
def _tail(work: Any, count: Any, place: Any, numbered: Any) -> None:
    """Mark what follows the number: building, room, care of; 先 and 付近 are rest."""
    tokens = work.tokens
    while place < count and (at(tokens, count, place) == HYPHEN or at(tokens, count, place) in COMMAS):
        work.label[place] = SEPARATOR
        place += 1
    if place >= count:
        return
    first, second = at(tokens, count, place), at(tokens, count, place + 1)
    if not numbered and is_number(first) and second == CHO:
        return
    if numbered and (first in (SAKI, NEAR) or (first == CHI and second == SAKI)):
        i = place + 1
        while i < count and not tokens.gap[i]:
            i += 1
        _mark(work, place, i, REST)
        place = i
    care_of = _care_of_begin(work, place, count)
    _mark(work, care_of, count, CARE_OF)
    room = _room_begin(work, place, care_of)
    _mark(work, room, care_of, ROOM)
    _mark(work, place, room, BUILDING)


@inner
def _begin_of_place(index: Any, work: Any, count: Any, place: Any) -> Any:
    """Return where a prefecture is written later in the text, NONE for nowhere."""
    names = index.names
    for i in range(place + 1, min(count, place + MOST_TRIED)):
        met = walk(names, tables.PREFECTURES, work.tokens, i, count, work.head_ends, work.head_nodes)
        for k in range(met):
            if names.entries[names.first[work.head_nodes[k]]] & tables.IMPLICIT == 0:
                return i
    return NONE


@fused
def read(index: Any, work: Any, count: Any) -> Any:
    """Mark every token of a text and write its place to `work.best`; return its postcode."""
    _mark(work, 0, count, REST)
    best, tokens = work.best, work.tokens
    postcode, place = _postcode(work, count)
    find_place(index, work, count, place, postcode)
    if best[AT_PREFECTURE] < 0:
        later = _begin_of_place(index, work, count, place)
        if later >= 0:
            place = later
            find_place(index, work, count, place, postcode)
    work.found[ROW], work.found[LEVEL] = NONE, OF_TOWN
    if best[TIED] != 0:
        best[AT_CITY] = best[AT_TOWN] = NONE
        if best[PREFECTURE_END] == place:
            best[AT_PREFECTURE] = NONE
    if best[AT_PREFECTURE] < 0:
        return postcode
    prefecture_end = best[PREFECTURE_END]
    _mark(work, place, prefecture_end, PREFECTURE)
    if best[AT_CITY] < 0:
        return postcode
    _mark(work, prefecture_end, best[CITY_END], CITY)
    end = max(best[CITY_END], prefecture_end)
    town = best[AT_TOWN]
    if town >= 0:
        if best[STREET_BEGIN] >= 0:
            _mark(work, best[STREET_BEGIN], best[TOWN_BEGIN], STREET)
        else:
            best[TOWN_BEGIN] = end
        _mark(work, best[TOWN_BEGIN], best[TOWN_END], TOWN)
        end = best[TOWN_END]
    begin = _unlisted(work, count, end)
    listed = town if begin == end and best[TWINS] == 0 else NONE
    after = _number(index, work, count, begin, listed, best[CHOME_NUMBER] if begin == end else 0)
    if after > begin:
        _tail(work, count, after, True)
    elif town >= 0 and at(tokens, count, end) != AZA:
        _tail(work, count, end, False)
    return postcode


@fused
def _close(spans: Any, used: Any, part: Any, begin: Any, end: Any, first: Any) -> Any:
    """Write a span, or lengthen the one before when it is of the same part; return how many there are."""
    if begin == end:
        return used
    if used > first and spans.part[used - 1] == part:
        spans.end[used - 1] = end
        return used
    spans.part[used], spans.begin[used], spans.end[used] = part, begin, end
    return used + 1


@fused
def write_spans(work: Any, count: Any, length: Any, spans: Any, used: Any) -> Any:
    """Write the spans of a text of so many bytes; a gap belongs to the part on both sides of it, or is a separator."""
    tokens, first, last = work.tokens, used, np.int64(0)
    for i in range(count):
        part = work.label[i]
        within = i > 0 and work.label[i - 1] == part
        used = _close(spans, used, part if within else np.uint8(SEPARATOR), last, np.int64(tokens.begin[i]), first)
        used = _close(spans, used, part, np.int64(tokens.begin[i]), np.int64(tokens.end[i]), first)
        last = np.int64(tokens.end[i])
    return _close(spans, used, np.uint8(SEPARATOR), last, length, first)


@fused
def _place_rows(work: Any, row: Any, found: Any) -> None:
    """Write the rows and the level of a text that was read."""
    best = work.best
    town = best[AT_TOWN]
    found.prefecture[row], found.city[row], found.town[row] = best[AT_PREFECTURE], best[AT_CITY], town
    found.chome[row], found.former[row], found.twins[row] = best[CHOME_NUMBER], best[AT_FORMER], best[TWINS] != 0
    found.block[row] = found.point[row] = found.parcel[row] = NONE
    at_row, level = work.found[ROW], work.found[LEVEL]
    if best[AT_CITY] < 0:
        found.town[row] = NONE
        level = OF_PREFECTURE if best[AT_PREFECTURE] >= 0 else 0
    elif town < 0:
        level = OF_CITY
    elif level == OF_NUMBER:
        found.point[row] = at_row
    elif level == OF_BLOCK:
        found.block[row] = at_row
    elif level == OF_PARCEL:
        found.parcel[row] = at_row
    found.level[row] = level


@fused
def _confidence(work: Any, count: Any, level: Any, prefecture_begin: Any) -> Any:
    """Return how far the reading may be trusted, 0 to 1: by its level, less for what was inferred or left over."""
    best = work.best
    sure = (0.0, 0.3, 0.6, 0.9, 0.93, 0.99, 1.0)[level]
    if level > OF_PREFECTURE:
        sure *= 0.8 if best[CITY_END] < 0 else 1.0
        sure *= 0.97 if best[PREFECTURE_END] == prefecture_begin else 1.0
        sure *= 0.9 if best[AT_FORMER] >= 0 else 1.0
        sure *= 0.9 if best[TWINS] != 0 else 1.0
        sure *= 0.95 if best[MARKS] & tables.LOOSE != 0 else 1.0
        sure *= 0.98 if best[CHOME_NUMBER] > 0 else 1.0
    for i in range(count):
        if work.label[i] == REST:
            return sure * 0.9
    return sure


@kernel
def read_all(index: Any, data: Any, offsets: Any, fold: Any, work: Any, found: Any, spans: Any) -> Any:
    """Read texts `offsets[i]:offsets[i + 1]` of `data`; return the number of spans."""
    used = np.int64(0)
    for row in range(len(offsets) - 1):
        start, stop = np.int64(offsets[row]), np.int64(offsets[row + 1])
        count = tokenise(data, start, stop, fold, work.tokens)
        found.postcode[row] = read(index, work, count)
        _place_rows(work, row, found)
        begin = np.int64(0)
        while begin < count and work.label[begin] == POSTCODE:
            begin += 1
        found.confidence[row] = _confidence(work, count, found.level[row], begin)
        spans.first[row] = used
        used = write_spans(work, count, stop - start, spans, used)
    spans.first[len(offsets) - 1] = used
    return used
