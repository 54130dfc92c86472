import tomllib
from importlib.resources import files

import pytest

from madoguchi.core.cases.reasons import REASONS, finder_reasons, reason

LANGUAGES = ["ja", "en", "zh", "ko"]

IDS = [
    "order.status",
    "order.cancel",
    "order.change",
    "order.change_address",
    "order.change_payment",
    "order.unrecognized",
    "order.receipt",
    "order.how_to_buy",
    "order.gift_options",
    "order.business",
    "delivery.late",
    "delivery.not_received",
    "delivery.redelivery",
    "delivery.options",
    "delivery.international",
    "delivery.instructions",
    "delivery.misdelivered",
    "item.damaged",
    "item.defective",
    "item.wrong",
    "item.missing_parts",
    "item.not_as_described",
    "item.question",
    "item.stock",
    "item.safety",
    "return.start",
    "return.exchange",
    "return.policy",
    "return.status",
    "return.label",
    "return.pickup",
    "return.gift",
    "refund.status",
    "payment.problem",
    "payment.pending",
    "payment.unrecognized_charge",
    "payment.points",
    "payment.coupon",
    "account.login",
    "account.password",
    "account.locked",
    "account.change_info",
    "account.two_step",
    "account.close",
    "subscription.cancel",
    "subscription.change",
    "subscription.accidental",
    "subscription.skip",
    "subscription.benefits",
    "security.suspicious_mail",
    "security.compromised",
    "seller.contact",
    "guarantee.claim",
    "service.human",
    "service.callback",
    "service.complaint",
    "service.feedback",
    "service.language",
    "service.accessibility",
    "service.case_status",
    "service.promise_not_kept",
    "service.unreachable",
    "service.proxy",
    "notice.mail_missing",
    "privacy.request",
    "service.hours",
    "service.jobs",
    "chat.greeting",
    "chat.thanks",
    "out_of_scope",
]


def test_the_list_is_complete_and_in_order() -> None:
    assert list(REASONS) == IDS


def test_no_id_stands_twice_in_the_file() -> None:
    text = files("madoguchi.core.cases").joinpath("reasons.toml").read_text(encoding="utf-8")
    ids = [row["id"] for row in tomllib.loads(text)["reason"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("id", IDS)
def test_every_reason_speaks_four_languages(id: str) -> None:
    for words in (reason(id).label, reason(id).description):
        assert list(words) == LANGUAGES
        assert all(text.strip() == text and text for text in words.values())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_two_reasons_look_the_same(lang: str) -> None:
    labels = [reason.label[lang] for reason in REASONS.values()]
    assert len(labels) == len(set(labels))


def test_conversation_stands_in_no_finder() -> None:
    spoken = {reason.id for reason in REASONS.values() if reason.conversation}
    assert spoken == {"chat.greeting", "chat.thanks", "out_of_scope"}
    assert [reason.id for reason in finder_reasons()] == [id for id in IDS if id not in spoken]


def test_unknown_id_is_refused() -> None:
    with pytest.raises(KeyError):
        reason("order.nothing")
