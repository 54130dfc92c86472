"""A decision as people read it: the verdict, why, and what follows."""

from collections.abc import Iterator, Sequence

import msgspec

from madoguchi.core.policy.decisions import (
    ChangeDecision,
    ClaimDecision,
    Decision,
    GuaranteeDecision,
    ReturnDecision,
    SubscriptionDecision,
    Verdict,
)
from madoguchi.front.office.words import Told
from madoguchi.front.ui.grounds import law_sentences, sentence
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money


class SideView(msgspec.Struct, frozen=True):
    """One of two decisions that stand side by side. `laws` are those that were better than the shop's rules."""

    version: int
    verdict: str
    reasons: Sequence[str]
    terms: Sequence[Told]
    laws: Sequence[str]


def side(decision: Decision, currency: str, reader: Reader) -> SideView:
    """The decision in the reader's words; `currency` is its pack's."""
    return SideView(
        version=decision.version,
        verdict=reader.t(f"policy.verdict.{decision.verdict}"),
        reasons=[sentence(reason, reader) for reason in decision.reasons],
        terms=[Told(reader.t(f"office.term.{name}"), text) for name, text in _terms(decision, currency, reader)],
        laws=law_sentences(decision.clauses, reader),
    )


def _terms(decision: Decision, currency: str, reader: Reader) -> Iterator[tuple[str, str]]:
    if decision.approver:
        yield "approver", reader.t(f"policy.of.{decision.approver}")
    if decision.wait_until:
        yield "wait_until", reader.datetime(decision.wait_until)
    if decision.asks:
        yield "asks", reader.number(len(decision.asks))
    match decision:
        case ChangeDecision() if decision.lines:
            yield "how", reader.list(sorted({reader.t(f"policy.then.{row.then}") for row in decision.lines.values()}))
        case ClaimDecision() if decision.remedies:
            yield (
                "remedies",
                reader.list([reader.t(f"policy.option.claims.remedies.{one}") for one in decision.remedies]),
            )
        case ReturnDecision() if decision.allowed:
            yield "until", reader.date(decision.until)
            yield "percent", reader.t("policy.value.percent", number=decision.percent)
            yield "postage", reader.t(f"policy.option.faults.postage.{decision.postage}")
            yield "trigger", reader.t(f"policy.option.returns.refund.usual.{decision.trigger}")
            if decision.postage_fee:
                yield "fee", reader.money(Money(decision.postage_fee, currency))
            yield "keep", reader.t("policy.value.no" if decision.keep else "policy.value.yes")
        case GuaranteeDecision() if decision.verdict is Verdict.ALLOW:
            yield "until", reader.date(decision.until)
            yield "answer_by", reader.datetime(decision.answer_by)
            yield "silence", reader.t("policy.value.yes" if decision.silence_grants else "policy.value.no")
        case SubscriptionDecision():
            yield "refund", reader.money(Money(decision.refund, currency))
