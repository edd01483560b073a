"""What a new notice of joint use starts from: every key, with the words for the user to replace."""

from __future__ import annotations

START = """\
notice: our-group
title: {{ja: お客さまの個人データの共同利用について, en: Joint use of customers' personal data}}
publisher: {publisher}
fact: {{ja: 当グループは、個人データを共同して利用します。, en: Our group uses personal data jointly.}}
items:
  - item: name-and-address
    text: {{ja: 氏名および住所, en: Name and address}}
    class: ordinary
    responsible: {publisher}
users:
  - party: {publisher}
    name: {{ja: ここに名称, en: Name here}}
purposes:
  - purpose: offers
    text: {{ja: 各種サービスのご案内, en: Offers of services}}
responsible:
  - party: {publisher}
    name: {{ja: ここに名称, en: Name here}}
    address: {{ja: ここに住所, en: Address here}}
    representative: {{ja: ここに代表者の氏名, en: Representative here}}
agreed:
  user-conditions: {{ja: ここに合意の内容, en: What was agreed}}
  managers-and-contacts: {{ja: ここに合意の内容, en: What was agreed}}
  handling: {{ja: ここに合意の内容, en: What was agreed}}
  breach: {{ja: ここに合意の内容, en: What was agreed}}
  incidents: {{ja: ここに合意の内容, en: What was agreed}}
  end: {{ja: ここに合意の内容, en: What was agreed}}
starts: {starts}
"""
