"""Name lists of our own making: common surnames and given names with their reading, and names of quarters.

Frequent and everyday words only, combined at random: no real person is meant.
"""

from __future__ import annotations

SURNAMES = """
佐藤 サトウ 鈴木 スズキ 高橋 タカハシ 田中 タナカ 伊藤 イトウ 渡辺 ワタナベ 山本 ヤマモト 中村 ナカムラ 小林 コバヤシ
加藤 カトウ 吉田 ヨシダ 山田 ヤマダ 佐々木 ササキ 山口 ヤマグチ 松本 マツモト 井上 イノウエ 木村 キムラ 林 ハヤシ
斎藤 サイトウ 清水 シミズ 山崎 ヤマザキ 森 モリ 池田 イケダ 橋本 ハシモト 阿部 アベ 石川 イシカワ 山下 ヤマシタ
中島 ナカジマ 石井 イシイ 小川 オガワ 前田 マエダ 岡田 オカダ 長谷川 ハセガワ 藤田 フジタ 後藤 ゴトウ 近藤 コンドウ
村上 ムラカミ 遠藤 エンドウ 青木 アオキ 坂本 サカモト 福田 フクダ 太田 オオタ 西村 ニシムラ 藤井 フジイ 金子 カネコ
岡本 オカモト 藤原 フジワラ 三浦 ミウラ 中野 ナカノ 原田 ハラダ 松田 マツダ 竹内 タケウチ 小野 オノ 田村 タムラ
中川 ナカガワ 和田 ワダ 石田 イシダ 森田 モリタ 上田 ウエダ 原 ハラ 内田 ウチダ 柴田 シバタ 酒井 サカイ 宮崎 ミヤザキ
横山 ヨコヤマ 高木 タカギ 安藤 アンドウ 宮本 ミヤモト 大野 オオノ 小島 コジマ 工藤 クドウ 谷口 タニグチ 今井 イマイ
高田 タカダ 丸山 マルヤマ 増田 マスダ 杉山 スギヤマ 村田 ムラタ 大塚 オオツカ 小山 コヤマ 平野 ヒラノ 藤本 フジモト
河野 コウノ 上野 ウエノ 野口 ノグチ 武田 タケダ 松井 マツイ 千葉 チバ 菅原 スガワラ 岩崎 イワサキ 久保 クボ
佐野 サノ 野村 ノムラ 松尾 マツオ 市川 イチカワ 菊地 キクチ 杉本 スギモト 古川 フルカワ 大西 オオニシ 島田 シマダ
水野 ミズノ 桜井 サクライ 高野 タカノ 吉川 ヨシカワ 山内 ヤマウチ 西田 ニシダ 飯田 イイダ
安田 ヤスダ 北村 キタムラ 木下 キノシタ
髙橋 タカハシ 渡邊 ワタナベ 渡邉 ワタナベ 齋藤 サイトウ 斉藤 サイトウ 﨑山 サキヤマ 濱田 ハマダ 廣瀬 ヒロセ
""".split()  # noqa: SIM905 - a hundred and more pairs read best as running text
"""Surname and reading in turn, frequent ones first; the last row holds old forms of characters."""

GIVEN_NAMES = """
誠 マコト 健一 ケンイチ 隆 タカシ 修 オサム 浩 ヒロシ 和夫 カズオ 正 タダシ 茂 シゲル 進 ススム 勇 イサム 学 マナブ
健太 ケンタ 大輔 ダイスケ 翔太 ショウタ 拓也 タクヤ 直樹 ナオキ 達也 タツヤ 雄太 ユウタ 陽介 ヨウスケ 蓮 レン 樹 イツキ
悠真 ユウマ 陽翔 ハルト 湊 ミナト 大和 ヤマト 颯太 ソウタ 幸雄 ユキオ 義男 ヨシオ 三郎 サブロウ 清 キヨシ 実 ミノル
洋子 ヨウコ 幸子 サチコ 和子 カズコ 恵子 ケイコ 節子 セツコ 京子 キョウコ 美智子 ミチコ 由美子 ユミコ 久美子 クミコ
花子 ハナコ 千代 チヨ 文 フミ 春江 ハルエ 静江 シズエ 明美 アケミ 真由美 マユミ 直美 ナオミ 智子 トモコ 裕子 ユウコ
愛 アイ 彩 アヤ 美咲 ミサキ 葵 アオイ 結衣 ユイ 陽菜 ヒナ 凛 リン 咲良 サクラ 美月 ミツキ 七海 ナナミ 香織 カオリ
早苗 サナエ 薫 カオル 光 ヒカル 千尋 チヒロ 忍 シノブ 昭 アキラ 豊 ユタカ 稔 ミノル 博 ヒロシ 弘 ヒロシ
""".split()  # noqa: SIM905 - the same
"""Given name and reading in turn."""

QUARTERS = """
本町 栄町 駅前町 川端町 桜木町 緑町 寺町 大工町 旭町 新町 八幡町 若葉町 城山町 紺屋町 弁天町 柳町 天神町 宮下町
東雲町 日の出町 平和町 松原町 朝日丘 花園町 千歳町 泉町 末広町 錦町 幸町 白山町 稲荷町 鍛冶町 常盤町 高砂町 豊町 曙町
""".split()  # noqa: SIM905 - the same

TOWNS = (
    ("水無瀬市", "Minase"),
    ("柚木市", "Yunoki"),
    ("七ツ森町", "Nanatsumori"),
    ("霧谷市", "Kiritani"),
    ("朝凪町", "Asanagi"),
    ("杉瀬市", "Sugise"),
    ("白糸沢町", "Shiraitozawa"),
    ("榎原市", "Enokihara"),
    ("鳴沢川町", "Narusawagawa"),
)
"""Municipalities of the region, the first being the sample town; further ones are numbered (柚木市東3区, ...)."""


def town_name(cell: int) -> tuple[str, str]:
    """Return the name of a cell's municipality in Japanese and English, different for each cell."""
    ja, en = TOWNS[cell % len(TOWNS)]
    turn = cell // len(TOWNS)
    return (ja, en) if turn == 0 else (f"東{turn}{ja}", f"{en} East {turn}")
