"""The bank's rights desk in the sample town: its terms, and two requests that wait for its clerks."""

from __future__ import annotations

from typing import Final

from umaya.gate.rights import Asked, Form, Identity, RequestChannel
from umaya.hub import Hub
from umaya.law.rights import RequestKind
from umaya.sample.bank import BANK, PEOPLE
from umaya.sample.residents import residents

TERMS: Final = f"""\
party: {BANK}
since: 2026-04-01
target_days: 14
fees: {{disclosure: 500}}
contact:
  ja: 水無瀬銀行 開示等請求窓口（水無瀬市旭町一丁目1番1号）
  en: Minase Bank, rights desk (1-1-1 Asahimachi, Minase)
"""


def open_desk(hub: Hub) -> None:
    """Set the desk's terms; a resident who withdrew asks for erasure, and a clerk takes it up."""
    rights, clerk = hub.gate.rights, PEOPLE["bank-desk"]
    rights.terms.register(TERMS, "terms.yaml")
    person = residents(hub)[1].resident.person
    asked = Asked(
        BANK,
        person,
        RequestKind.ERASURE,
        "口座を解約しました。残っている情報を消してください。",
        ground="no-longer-needed",
    )
    request = rights.submit(asked, clerk)
    rights.desk.identify(clerk, request.id, Identity.LICENCE, "本人確認書類綴り 11-3")
    rights.desk.take(clerk, request.id)


def ask_on_my_page(hub: Hub) -> None:
    """Let a resident who consented ask on their own page what the bank holds."""
    person = residents(hub)[0].resident.person
    channel = RequestChannel.MY_PAGE
    hub.gate.rights.submit(Asked(BANK, person, RequestKind.DISCLOSURE, form=Form.PDF, channel=channel))
