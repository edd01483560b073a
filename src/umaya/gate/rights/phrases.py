"""What answers say in words, in both languages. Kept with the gate, because an answer is a document of the party."""

from __future__ import annotations

from typing import Final

from umaya.law import Language, Text

_PHRASES: Final = {
    "party": Text("回答者", "Answered by"),
    "customer": Text("お客さま番号", "Customer number"),
    "request": Text("受付番号", "Request"),
    "article": Text("根拠条文", "Article"),
    "received": Text("受付日", "Received on"),
    "made": Text("作成日時（日本時間）", "Made at (Japan time)"),
    "fee": Text("手数料", "Fee"),
    "yen": Text("円", "yen"),
    "nothing-held": Text("開示する保有個人データはありませんでした。", "There is no held personal data to disclose."),
    "nothing-provided": Text(
        "第三者への提供の記録はありませんでした。", "There is no record of provision to third parties."
    ),
    "source": Text("取得元", "Source"),
    "purpose": Text("利用目的", "Purpose of use"),
    "no-purpose": Text("このデータを使う施策は、いまありません。", "No scheme in force uses this data now."),
    "withheld": Text("開示しない項目", "Left out"),
    "because": Text("理由", "Because"),
    "field": Text("項目", "Field"),
    "records": Text("第三者提供記録", "Records of provision to third parties"),
    "other-uses": Text("提供記録の作成義務がない提供", "Handed to others without a duty to keep a record"),
    "no-duty": Text("記録義務なし", "no duty to keep a record"),
    "purposes": Text("利用目的の一覧", "Purposes of use"),
}


def phrase(key: str, language: Language) -> str:
    """Return a phrase."""
    return _PHRASES[key].of(language)
