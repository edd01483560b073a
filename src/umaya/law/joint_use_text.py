"""The words of a joint-use notice: headings and paragraphs in the order in which they are published.

Pages and documents are rendered from it by others. Holds what APPI art. 27(5)(iii) asks for and the dates; what was
agreed between the users is not published.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from umaya.law.joint_use import JointUseNotice, Responsible
from umaya.law.texts import Language, Text

_FACT = Text("共同利用する旨", "That data is jointly used")
_ITEMS = Text("共同して利用する個人データの項目", "Items of personal data that are jointly used")
_USERS = Text("共同して利用する者の範囲", "Scope of the joint users")
_PURPOSES = Text("利用する者の利用目的", "Purposes of the users")
_RESPONSIBLE = Text("個人データの管理について責任を有する者", "Who answers for the management of the data")
_DATES = Text("公表日および適用日", "Published and in force")
_NEVER = Text(
    "信書の秘密、郵便物およびその配達に関する情報、要配慮個人情報ならびに個人番号(マイナンバー)は、共同して利用しません。",
    "Correspondence, information on mail and its delivery, special-care data and My Number are never jointly used.",
)
_ADDRESS = Text("住所", "Address")
_REPRESENTATIVE = Text("代表者", "Representative")
_ANSWERS_FOR = Text("{item}(責任を有する者: {name})", "{item} (answered for by {name})")
_NOT_PUBLISHED = Text("未公表", "not published")
_PUBLISHED = Text("公表日: {day}", "Published: {day}")
_STARTS = Text("適用日: {day}", "In force from: {day}")


def notice_text(notice: JointUseNotice, language: Language) -> list[tuple[str, list[str]]]:
    """Return the notice as (heading, paragraphs), in the order of the law.

    Args:
        notice: one version without faults.
        language: `ja` or `en`.
    """
    names = {one.party: one.name.of(language) for one in notice.responsible}
    items = [
        _ANSWERS_FOR.of(language).format(item=item.text.of(language), name=names[item.responsible])
        for item in notice.items
    ]
    published = _NOT_PUBLISHED.of(language) if notice.published_on is None else _day(notice.published_on, language)
    return [
        (_FACT.of(language), [notice.fact.of(language)]),
        (_ITEMS.of(language), [*items, _NEVER.of(language)]),
        (_USERS.of(language), [user.name.of(language) for user in notice.users]),
        (_PURPOSES.of(language), [purpose.text.of(language) for purpose in notice.purposes]),
        (_RESPONSIBLE.of(language), [line for one in notice.responsible for line in _party(one, language)]),
        (
            _DATES.of(language),
            [
                _PUBLISHED.of(language).format(day=published),
                _STARTS.of(language).format(day=_day(notice.starts_on, language)),
            ],
        ),
    ]


def _party(one: Responsible, language: Language) -> Iterator[str]:
    colon = ": "
    yield one.name.of(language)
    yield _ADDRESS.of(language) + colon + one.address.of(language)
    if one.representative is not None:
        yield _REPRESENTATIVE.of(language) + colon + one.representative.of(language)


def _day(day: date, language: Language) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if language == "ja" else f"{day.day} {day:%B %Y}"
