"""The number of an address: pieces are read from the text, and looked up as residence number, block or lot.

A piece is a whole number or a mark (甲, イ, C); hyphens of all kinds, の, 番, 番地, 番地の and 号 part them.
Nothing that stands apart from the chain is drawn into it: after a gap only what 番 or a hyphen has announced.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from umaya.engines.address import tables
from umaya.engines.address.index import NONE, RESIDENCE
from umaya.engines.address.parts import (
    BAN,
    CHI,
    CHO,
    GO,
    ME,
    MOST_PIECES,
    OF_BLOCK,
    OF_NUMBER,
    OF_PARCEL,
    OF_TOWN,
    OUTSIDE,
    SHITSU,
    at,
    is_in_word,
    is_link,
    is_mark,
    is_number,
)
from umaya.engines.address.spelling import NUMBER
from umaya.engines.kernels import fused, inner

ALONE, HAS_BAN, HAS_BANCHI, HAS_GO = 0, 1, 2, 3
"""The word after a piece."""

USED, ROW, LEVEL = 0, 1, 2
"""Fields of `found`: pieces that belong to the number, its row, its level (`parts`)."""


@fused
def takes_mark(tokens: Any, count: Any, place: Any, pieces: Any, linked: Any) -> Any:
    """Whether the mark at a place is a piece: C-3, 甲123, 794ロ, 794-ロ; not the first letter of a word."""
    one, following = at(tokens, count, place), at(tokens, count, place + 1)
    if one == CHO and following == ME:
        return False
    apart = place + 1 >= count or tokens.gap[place + 1]
    if pieces == 0:
        return is_number(following) or (following == ord("-") and is_number(at(tokens, count, place + 2)))
    if not linked and one < 128:
        return False
    return apart or is_number(following) or is_link(following) or following in (GO, BAN)


@fused
def _word(tokens: Any, count: Any, place: Any) -> Any:
    """Return the word after a piece and the place after it."""
    one = at(tokens, count, place)
    if one == GO and at(tokens, count, place + 1) != SHITSU:
        return HAS_GO, place + 1
    if one == BAN:
        if at(tokens, count, place + 1) == CHI:
            return HAS_BANCHI, place + 2
        if at(tokens, count, place + 1) == OUTSIDE and at(tokens, count, place + 2) == CHI:
            return HAS_BANCHI, place + 3
        return HAS_BAN, place + 1
    return ALONE, place


@inner
def read_pieces(work: Any, count: Any, place: Any) -> Any:
    """Read the pieces of a number that begins at a place into `work`; return how many."""
    tokens = work.tokens
    pieces = 0
    linked = True
    hyphened = is_link(at(tokens, count, place))
    if hyphened:
        place += 1
    while place < count and pieces < MOST_PIECES:
        one = at(tokens, count, place)
        if pieces > 0 and not linked and (tokens.gap[place] or is_number(one)):
            break
        if is_number(one) and not is_in_word(tokens, count, place, hyphened):
            work.piece[pieces] = one - NUMBER
        elif is_mark(one) and takes_mark(tokens, count, place, pieces, linked):
            work.piece[pieces] = one | tables.MARK
        else:
            break
        word, end = _word(tokens, count, place + 1)
        work.piece_begin[pieces], work.piece_end[pieces], work.word[pieces] = place, end, word
        was_mark = not is_number(one)
        pieces += 1
        place = end
        if word == HAS_GO and not is_link(at(tokens, count, place)):
            break
        hyphened = is_link(at(tokens, count, place)) and place + 1 < count
        linked = hyphened or word != ALONE or (was_mark and pieces == 1)
        if hyphened:
            place += 1
    return pieces


@inner
def look_up(index: Any, town: Any, pieces: Any, work: Any) -> None:
    """Look the pieces up in a town; write how many belong to the number, its row and its level to `work.found`."""
    found = work.found
    found[USED], found[ROW], found[LEVEL] = 0, NONE, OF_TOWN
    if pieces == 0 or town < 0:
        return
    by_lot = work.word[0] == HAS_BANCHI and not (pieces >= 2 and work.word[1] == HAS_GO)
    lots_first = by_lot or index.town_flags[town] & RESIDENCE == 0
    if lots_first:
        _parcel(index, town, pieces, work)
    if found[LEVEL] == OF_TOWN:
        _residence(index, town, pieces, work)
        if found[LEVEL] == OF_BLOCK and work.word[0] == HAS_BANCHI:
            found[USED], found[ROW], found[LEVEL] = 0, NONE, OF_TOWN
    if found[LEVEL] <= OF_BLOCK and not lots_first:
        _parcel(index, town, pieces, work)


@fused
def _residence(index: Any, town: Any, pieces: Any, work: Any) -> None:
    key = tables.start_of(town, tables.POINT)
    for used in range(1, pieces + 1):
        key = tables.digest(key, work.piece[used - 1])
        row = tables.row_of(index.numbers, key)
        if row >= 0:
            work.found[USED], work.found[ROW], work.found[LEVEL] = used, row, OF_NUMBER
    if work.found[LEVEL] == OF_TOWN:
        row = tables.row_of(index.numbers, tables.digest(tables.start_of(town, tables.BLOCK), work.piece[0]))
        if row >= 0:
            work.found[USED], work.found[ROW], work.found[LEVEL] = 1, row, OF_BLOCK


@fused
def _parcel(index: Any, town: Any, pieces: Any, work: Any) -> None:
    """Find the lot that all pieces name; pieces that are left over must look like a room: a third one from 100 on."""
    key = tables.start_of(town, tables.PARCEL)
    for used in range(1, min(pieces, 3) + 1):
        key = tables.digest(key, work.piece[used - 1])
        left_over_is_room = used >= 2 and 100 <= work.piece[min(used, MOST_PIECES)] < tables.MARK
        if used == pieces or left_over_is_room:
            row = tables.row_of(index.numbers, key)
            if row >= 0:
                work.found[USED], work.found[ROW], work.found[LEVEL] = used, row, OF_PARCEL


@inner
def split(index: Any, town: Any, chome: Any, pieces: Any, work: Any) -> Any:
    """Return how many pieces are the block's and how many are the block's and the number's together.

    Where the registry has not the number, only its form or the town tells: 8番1号 and numbers in a chome or a town of
    residence indication are block and number; else all are one lot number.
    """
    used, level = work.found[USED], work.found[LEVEL]
    if level == OF_NUMBER:
        return min(np.int64(1), used), used
    if level == OF_PARCEL:
        return np.int64(0), used
    if pieces == 0:
        return np.int64(0), np.int64(0)
    by_block = level == OF_BLOCK or chome > 0 or (town >= 0 and index.town_flags[town] & RESIDENCE != 0)
    if work.word[0] == HAS_BANCHI:
        by_block = False
    if pieces >= 2 and work.word[0] == HAS_BAN and work.word[1] == HAS_GO:
        by_block = True
    return (np.int64(1), np.int64(min(pieces, 2))) if by_block else (np.int64(0), np.int64(min(pieces, 3)))
