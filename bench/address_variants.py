"""A second, independent generator of spellings: `python bench/address_variants.py --out FILE [--each N] [--seed N]`.

It was written from the list of what people do to addresses, without a look at the engine or at the spellings that came
with the data. Every style is measured apart. A place is left out of a style when the spelling would not say which place
is meant (`LEFT_OUT` says which and why): what a careful clerk could not decide either is no test of an engine.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from address_data import Place, Town, cities, kanji, names_of_towns, parcels, postcodes, residences, towns

HYPHENS = "-‐‑‒–—―−－﹣ーｰ─━⎯⏤﹘⁃"
DIGITS = "〇一二三四五六七八九"
WIDE = str.maketrans("0123456789-", "０１２３４５６７８９－")
OLD = str.maketrans(
    "条沢浜辺塩広台弥関楽国県区気黒恵真栄鉄万寿静竜滝桜斎斉嶋渕薮桧糸円館旧"
    "宝麦与会学団当双画伝仏徳緑青清柳曽満渓穂横黄戸"
    "高崎瀬郷都塚福神祥羽飯吉西角",
    "條澤濱邊鹽廣臺彌關樂國縣區氣黑惠眞榮鐵萬壽靜龍瀧櫻齋齊島淵藪檜絲圓舘舊"
    "寶麥與會學團當雙畫傳佛德綠靑淸栁曾滿溪穗橫黃戶"
    "\u9ad9\ufa11\u7028\u9115\ufa26\ufa10\ufa1b\ufa19\ufa1a\ufa1e\ufa2a\U00020bb7\u2ec4\u2ec6",
)
LEFT_OUT = {
    "mixed_words": "番地 behind numbers of a residence that are also those of a parcel of its town: it means the lot",
    "kanji_run": "towns without 丁目: nothing parts their name from the digits",
    "building_numbered": "buildings that begin with a digit directly behind a number in hyphens: where does it end?",
    "parcel_*": "towns with residence indication, numbers that are also a residence there, a 大字 that also has 丁目",
    "town_*": "towns that share their name with another there once 大字, 字 and kinds of kana are gone, or whose name "
    "a longer one begins with; 小字 without a 大字; letters as numbers behind names that end in one",
    "town_county_left_out": "municipalities whose name stands twice in their prefecture without its 郡",
}
_BUILDINGS = (
    "グリーンハイツ",
    "第二コーポ",
    "メゾン・ド・和",
    "ライオンズ本郷",
    "県営団地",
    "サンシティ弐番館",
    "Heights K",
    "三丁目ビル",
    "長谷川荘",
    "ノースコート",
    "ケイビル",
)
_NUMBERED = ("21世紀ビル", "1番館", "8号館", "2丁目ハイツ", "１０１ビル", "3rdプレイス", "5番街マンション", "1-2ビル")
_NAMES = ("佐藤", "山田太郎", "長谷川", "五十嵐", "一ノ瀬", "三宅", "二宮尊徳", "田中 花子")
_ROOMS = ("305号室", "305号", "B-1203", "#12", "2F", "地下1階", "イ-3", "（305）", "南棟101", "12階1203号室")


@dataclass(frozen=True)
class Case:
    """One spelling.

    Attributes:
        style: what was done to the address.
        address: the spelling.
        town: the place's town.
        kind: residence, parcel or town.
        numbers: of the place, as the registry has them.
        ids: of the registry: lg_code, machiaza_id, and of a residence blk_id and rsdt_id, of a parcel prc_id.
        tail: building, room or name behind the number, without blanks; what must be found there again.
    """

    style: str
    address: str
    town: Town
    kind: str
    numbers: tuple[str, ...]
    ids: tuple[str, ...]
    tail: str = ""


Speller = Callable[[random.Random, Place], tuple[str, str] | str | None]


def digits(number: str) -> str:
    """Return the number digit by digit: 20 is 二〇."""
    return "".join(DIGITS[int(digit)] for digit in number)


def _front(town: Town) -> str:
    return f"{town.prefecture}{town.municipality}"


def _run(place: Place, join: str = "-", chome: Callable[[int], str] | None = None) -> str:
    """Return the town and the numbers in one run: 本郷5-3-22."""
    town = place.town
    numbers = join.join(place.numbers)
    if town.chome is None:
        return f"{town.name}{numbers}"
    return f"{town.oaza}{town.chome if chome is None else chome(town.chome)}{join}{numbers}"


def _hyphens(rng: random.Random, place: Place) -> str:
    return _front(place.town) + _run(place, rng.choice(HYPHENS))


def _mixed_hyphens(rng: random.Random, place: Place) -> str:
    return _front(place.town) + re.sub("-", lambda _: rng.choice(HYPHENS), _run(place))


def _official(_: random.Random, place: Place) -> str:
    return f"{_front(place.town)}{place.town.name}{place.numbers[0]}番{place.numbers[1]}号"


def _no_prefecture(_: random.Random, place: Place) -> str:
    return f"{place.town.municipality}{_run(place)}"


def _short_prefecture(_: random.Random, place: Place) -> str:
    return f"{place.town.prefecture[:-1]}{place.town.municipality}{_run(place)}"


def _kanji_units(_: random.Random, place: Place) -> str:
    block, number = (kanji(int(part)) for part in place.numbers)
    return f"{_front(place.town)}{place.town.name}{block}番{number}号"


def _kanji_digits(_: random.Random, place: Place) -> str:
    block, number = (digits(part) for part in place.numbers)
    return f"{_front(place.town)}{place.town.name}{block}番{number}号"


def _kanji_run(rng: random.Random, place: Place) -> str | None:
    if place.town.chome is None:
        return None
    form = rng.choice((digits, lambda part: kanji(int(part))))
    join = rng.choice(("－", "の", "ノ", "―", "ー"))
    return (
        _front(place.town) + place.town.oaza + join.join(form(part) for part in (str(place.town.chome), *place.numbers))
    )


def _full_width(_: random.Random, place: Place) -> str:
    return _front(place.town) + _run(place).translate(WIDE)


def _no_particle(rng: random.Random, place: Place) -> str:
    return _front(place.town) + _run(place, rng.choice("のノ之"))


@cache
def _parcel_numbers() -> frozenset[tuple[str, str, tuple[str, ...]]]:
    return frozenset((place.town.code, place.town.machiaza_id, place.numbers) for place in parcels())


def _is_parcel_too(place: Place) -> bool:
    return (place.town.code, place.town.machiaza_id, place.numbers) in _parcel_numbers()


def _mixed_words(rng: random.Random, place: Place) -> str | None:
    block, number = place.numbers
    end = rng.choice(
        ("番{b}", "番地{b}", "番地の{b}", "番{b}号", "番地{b}号", "-{b}号", "番の{b}", "番ノ{b}", "番-{b}")
    ).format(b=number)
    if "番地" in end and _is_parcel_too(place):
        return None
    chome = (
        ""
        if place.town.chome is None
        else rng.choice(("{c}丁目", "{c}丁目 ", "{c}-", "{c}丁", "{c}の", "{c}ー")).format(c=place.town.chome)
    )
    text = f"{_front(place.town)}{place.town.oaza}{chome}{block}{end}"
    return text.translate(WIDE) if rng.random() < 0.3 else text


def _numbered_building(rng: random.Random, place: Place) -> tuple[str, str]:
    tail = rng.choice(_NUMBERED)
    block, number = place.numbers
    head = rng.choice(
        (f"{place.town.name}{block}番{number}号{rng.choice(('', ' ', '　'))}", _run(place) + rng.choice(" 　"))
    )
    return _front(place.town) + head + tail, tail


def _building(rng: random.Random, place: Place) -> tuple[str, str]:
    tail = rng.choice(_BUILDINGS) + rng.choice(("", "101", "305号室", " 2F", "-B203", "Ａ棟３０５"))
    return _front(place.town) + _run(place) + rng.choice(("", " ", "　")) + tail, tail


def _room(rng: random.Random, place: Place) -> tuple[str, str]:
    block, number = place.numbers
    if rng.random() < 0.4:
        room = rng.choice(("101", "305", "1203", "0101"))
        return f"{_front(place.town)}{_run(place)}-{room}", room
    tail = rng.choice(_ROOMS)
    return f"{_front(place.town)}{place.town.name}{block}番{number}号{rng.choice(('', ' '))}{tail}", tail


def _care_of(rng: random.Random, place: Place) -> tuple[str, str]:
    tail = rng.choice(_NAMES) + rng.choice(("様方", "方", "様"))
    head = _official(rng, place) if rng.random() < 0.5 else f"{_front(place.town)}{_run(place)} "
    return head + tail, tail


def _postcode(rng: random.Random, place: Place) -> str | None:
    town = place.town
    code = town.postcode or postcodes().get((town.prefecture, town.municipality, town.oaza), "")
    if len(code) != 7:
        return None
    text = rng.choice(("〒{a}-{b} ", "〒{a}-{b}", "〒{a}{b}　", "{a}-{b} ", "郵便番号{a}-{b} ", "〒 {a}-{b}\n")).format(
        a=code[:3], b=code[3:]
    )
    text = text.translate(WIDE) if rng.random() < 0.4 else text
    return text + _front(town) + _run(place)


def _spaces(rng: random.Random, place: Place) -> str:
    town = place.town
    parts = (
        town.prefecture,
        town.municipality,
        town.oaza,
        *(() if town.chome is None else (f"{town.chome}丁目",)),
        f"{place.numbers[0]}番",
        f"{place.numbers[1]}号",
    )
    return "".join(part + rng.choice((" ", "　", "  ", "")) for part in parts)


def _noise(rng: random.Random, place: Place) -> str:
    text = _front(place.town) + _run(place)
    at = rng.randrange(len(place.town.prefecture), len(_front(place.town)) + 1)
    noise = rng.choice(("\n", "\t", "\u00a0", "\u200b", "\u3000", "\r\n"))
    return (
        rng.choice(("", "\ufeff", " ", "\u3000")) + text[:at] + noise + text[at:] + rng.choice(("", " ", "\n", "\r\n"))
    )


def _old_kanji(rng: random.Random, place: Place) -> str | None:
    text = _front(place.town) + place.town.oaza
    known = [at for at, letter in enumerate(text) if ord(letter) in OLD]
    if not known:
        return None
    chosen = rng.sample(known, rng.randint(1, len(known)))
    return (
        "".join(letter.translate(OLD) if at in chosen else letter for at, letter in enumerate(text))
        + _run(place)[len(place.town.oaza) :]
    )


def _selectors(rng: random.Random, place: Place) -> str:
    text = _front(place.town) + place.town.oaza
    marked = "".join(
        letter + (chr(0xE0100 + rng.randrange(3)) if "一" <= letter <= "鿿" and rng.random() < 0.3 else "")
        for letter in text
    )
    return marked + _run(place)[len(place.town.oaza) :]


def _decomposed(_: random.Random, place: Place) -> str:
    """NFD, as files from macOS have it, and half-width kana."""
    return unicodedata.normalize("NFD", f"{_front(place.town)}{_run(place)} ハイツグリーンビル")


RESIDENCE: dict[str, Speller] = {
    "official": _official,
    "prefecture_left_out": _no_prefecture,
    "prefecture_short": _short_prefecture,
    "kanji_units": _kanji_units,
    "kanji_digits": _kanji_digits,
    "kanji_run": _kanji_run,
    "hyphens": _hyphens,
    "hyphens_mixed": _mixed_hyphens,
    "full_width": _full_width,
    "no_particle": _no_particle,
    "mixed_words": _mixed_words,
    "building": _building,
    "building_numbered": _numbered_building,
    "room": _room,
    "care_of": _care_of,
    "postcode": _postcode,
    "spaces": _spaces,
    "line_noise": _noise,
    "old_kanji": _old_kanji,
    "selectors": _selectors,
    "decomposed": _decomposed,
}


def _parcel_words(rng: random.Random, place: Place) -> str | None:
    first, *more = place.numbers
    if not more:
        return _front(place.town) + place.town.name + rng.choice((f"{first}番地", f"{first}番"))
    return (
        _front(place.town)
        + place.town.name
        + rng.choice(
            (f"{first}番地{more[0]}", f"{first}番{more[0]}", f"{first}番地の{more[0]}", f"{first}番地ノ{more[0]}")
        )
    )


def _parcel_run(rng: random.Random, place: Place) -> str:
    return _front(place.town) + place.town.name + rng.choice(HYPHENS + "のノ").join(place.numbers)


def _parcel_kanji(rng: random.Random, place: Place) -> str | None:
    if not all(part.isdecimal() for part in place.numbers):
        return None
    first, *more = (rng.choice((digits(part), kanji(int(part)))) for part in place.numbers)
    return f"{_front(place.town)}{place.town.name}{first}番地{more[0] if more else ''}"


def _parcel_full_width(rng: random.Random, place: Place) -> tuple[str, str]:
    tail = rng.choice(_BUILDINGS)
    return f"{place.town.municipality}{place.town.name}{'-'.join(place.numbers).translate(WIDE)}　{tail}", tail


PARCEL: dict[str, Speller] = {
    "parcel_words": _parcel_words,
    "parcel_run": _parcel_run,
    "parcel_kanji": _parcel_kanji,
    "parcel_full_width": _parcel_full_width,
}


@cache
def _unclear() -> frozenset[tuple[str, tuple[str, ...]]]:
    """Return what names two places: the numbers of residences by town, and 丁目 of a 大字 that has parcels itself."""
    taken = {
        (
            place.town.code + place.town.oaza,
            (*(() if place.town.chome is None else (str(place.town.chome),)), *place.numbers),
        )
        for place in residences()
    }
    return frozenset(taken)


def _clear_parcel(place: Place) -> bool:
    town = place.town
    run = (*(() if town.chome is None else (str(town.chome),)), *place.numbers)
    if (town.code + town.oaza, run) in _unclear() or town.residence:
        return False
    return town.chome is not None or town.oaza not in names_of_towns().get(town.code, ())


def _letters(_: random.Random) -> Iterator[Case]:
    """Parcels whose numbers hold letters: 794ロ, 298番地乙."""
    for place in parcels():
        if all(part.isdecimal() for part in place.numbers):
            continue
        first, letter = place.numbers
        for text in (f"{first}番地{letter}", f"{first}-{letter}", f"{first}{letter}", f"{first}番{letter}"):
            yield Case(
                "parcel_letters",
                _front(place.town) + place.town.name + text,
                place.town,
                "parcel",
                place.numbers,
                place.ids,
            )


_MARKED = re.compile("[ァ-ヶぁ-んA-Za-z〇一二三四五六七八九十百千甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥]$")
"""Names that end in what may begin a number get plain numbers only."""
_TOWN_NUMBERS = ("12番地3", "12-3", "１２番地", "番外地", "甲12番地", "12番地乙", "C-3", "乙１２－３")


def _bare(name: str) -> str:
    return re.sub("^(大字|字)", "", name)


def _alike(name: str) -> str:
    """Return what is the same for names that differ in ヶ and が, ノ and の, or the kind of kana alone."""
    name = re.sub("[ヶがガ]", "ケ", re.sub("[のノ]", "之", name))
    return "".join(chr(ord(kana) + 0x60) if "ぁ" <= kana <= "ん" else kana for kana in name)


def _whole(town: Town) -> str:
    return _bare(town.oaza) + ("" if town.chome is None else f"{town.chome}丁目") + _bare(town.koaza)


@cache
def _crowded() -> dict[tuple[str, str], int]:
    """Return how often a name stands in a municipality without its 大字 and 字."""
    found: dict[tuple[str, str], int] = {}
    for town in towns():
        key = (town.prefecture + town.municipality, _alike(_whole(town)))
        found[key] = found.get(key, 0) + 1
    return found


@cache
def _literally() -> Counter[tuple[str, str]]:
    """Return how often a name stands in a municipality as it is written."""
    return Counter((town.prefecture + town.municipality, _whole(town)) for town in towns())


@cache
def _beginnings() -> frozenset[tuple[str, str]]:
    """Return what is the beginning of a longer name of the same municipality."""
    names = {(where, name) for where, name in _crowded()}
    return frozenset((where, name[:end]) for where, name in names for end in range(1, len(name)))


@cache
def _cities() -> Counter[tuple[str, str]]:
    return Counter((pref, city) for pref, _, city, ward in cities().values() if not ward)


def _alone(town: Town) -> bool:
    return _cities()[town.prefecture, town.city] == 1


def _town_spellings(rng: random.Random, town: Town) -> Iterator[tuple[str, str]]:
    front, name = _front(town), town.name
    where = town.prefecture + town.municipality
    if not town.oaza:
        return
    if _crowded()[where, _alike(_whole(town))] > 1:
        if town.koaza and _literally()[where, _whole(town)] == 1:
            yield "koaza_literal", front + name
        return
    if town.chome is not None:
        digits = str(town.chome)
        yield "chome_digits", f"{front}{town.oaza}{rng.choice((digits, digits.translate(WIDE)))}丁目"
        return
    if town.county and _alone(town):
        yield "county_left_out", f"{town.prefecture}{town.city}{name}"
    if town.oaza.startswith(("大字", "字")) or town.koaza.startswith("字"):
        yield "oaza_left_out", front + _whole(town)
    if town.koaza:
        word = "" if town.koaza.startswith("字") else rng.choice(("", "字"))
        yield "koaza", front + town.oaza + word + town.koaza
    for before, after in (("ケ", "ヶ"), ("ヶ", "ケ"), ("ケ", "が"), ("ヶ", "ガ"), ("が", "ヶ"), ("ガ", "ケ")):
        if before in town.oaza:
            yield "small_ke", front + town.oaza.replace(before, after) + town.koaza
    for before, after in (("ノ", "の"), ("の", "ノ"), ("ノ", "之"), ("之", "ノ")):
        if before in town.oaza:
            yield "small_no", front + town.oaza.replace(before, after) + town.koaza
    if any(ord(letter) in OLD for letter in name):
        yield "old_kanji", front + name.translate(OLD)


def _towns(rng: random.Random, each: int) -> Iterator[Case]:
    by_style: dict[str, list[tuple[str, Town]]] = {}
    for town in towns():
        for style, head in _town_spellings(rng, town):
            by_style.setdefault(style, []).append((head, town))
    for style, heads in sorted(by_style.items()):
        for head, town in rng.sample(heads, min(each, len(heads))):
            if (town.prefecture + town.municipality, _alike(_whole(town))) in _beginnings():
                continue
            number = rng.choice(_TOWN_NUMBERS[:3] if _MARKED.search(head) else _TOWN_NUMBERS)
            ids = (town.code, town.machiaza_id)
            yield Case(f"town_{style}", head + number, town, "town", (number,), ids)


def cases(each: int, seed: int) -> list[Case]:
    """Return up to `each` spellings of every style; the same ones for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - made-up spellings
    found = []
    kinds = ((RESIDENCE, residences()), (PARCEL, tuple(filter(_clear_parcel, parcels()))))
    for spellers, places in kinds:
        for style, speller in spellers.items():
            picked = 0
            for place in rng.sample(places, min(len(places), each * 4)):
                spelt = speller(rng, place)
                if spelt is None:
                    continue
                address, tail = spelt if isinstance(spelt, tuple) else (spelt, "")
                found.append(
                    Case(style, address, place.town, place.kind, place.numbers, place.ids, re.sub(r"\s", "", tail))
                )
                picked += 1
                if picked == each:
                    break
    return [*found, *_letters(rng), *_towns(rng, each)]


def main() -> None:
    """Write the spellings as CSV."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--each", type=int, default=500)
    options.add_argument("--seed", type=int, default=20261121)
    chosen = options.parse_args()
    with chosen.out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("style", "address", "prefecture", "city", "town", "kind", "numbers", "ids", "tail"))
        for case in cases(chosen.each, chosen.seed):
            town = case.town
            writer.writerow(
                (
                    case.style,
                    case.address,
                    town.prefecture,
                    town.municipality,
                    town.name,
                    case.kind,
                    "-".join(case.numbers),
                    "/".join(case.ids),
                    case.tail,
                )
            )


if __name__ == "__main__":
    main()
