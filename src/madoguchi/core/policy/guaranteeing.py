"""The guarantee: what the shop answers for when a marketplace seller does not, from when and until when. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from madoguchi.core.policy.days import end_of_day
from madoguchi.core.policy.decisions import GuaranteeDecision, Reason, Verdict
from madoguchi.core.policy.law import PERSON, because, start
from madoguchi.core.policy.pack import Ground, RulePack
from madoguchi.core.policy.questions import GuaranteeQuestion
from madoguchi.kit.money import Money


class _Obstacle(msgspec.Struct, frozen=True):
    """Why it cannot be claimed now; `until` when that is over, `instead` what is to be done first."""

    reason: Reason
    until: datetime | None = None
    instead: tuple[str, ...] = PERSON


def decide_guarantee(pack: RulePack, question: GuaranteeQuestion) -> GuaranteeDecision:
    """Whether it can be claimed now; if so, what the seller's silence means."""
    rules = pack.guarantee
    obstacle = next(_obstacles(pack, question), None)
    unanswerable = question.ground is Ground.NOT_RECEIVED and question.delivered
    return GuaranteeDecision(
        **start(pack, question),
        verdict=Verdict.OFFER_ALTERNATIVE if obstacle else Verdict.ALLOW,
        reasons=(obstacle.reason if obstacle else _covered(pack),),
        alternatives=obstacle.instead if obstacle else (),
        wait_until=obstacle.until if obstacle else None,
        until=claim_until(pack, question),
        answer_by=question.at + timedelta(hours=rules.answer_hours),
        silence_grants=question.amount <= rules.silent_most and not unanswerable,
    )


def claim_until(pack: RulePack, question: GuaranteeQuestion) -> datetime:
    """The last moment at which it can be claimed, at the end of a day of the shop."""
    zone = ZoneInfo(question.zone)
    last = _promised(pack, question).astimezone(zone).date() + timedelta(days=pack.guarantee.report_days)
    return end_of_day(last, zone)


def _promised(pack: RulePack, question: GuaranteeQuestion) -> datetime:
    """The last promise; of what was never promised, the last day on which it should have come."""
    return question.promised_until or question.ordered_at + timedelta(days=pack.claims.unpromised_days)


def _covered(pack: RulePack) -> Reason:
    limit = Money(pack.guarantee.most, pack.currency)
    return because("guarantee.covers", "policy.said.guarantee.covered", limit=limit)


def _obstacles(pack: RulePack, question: GuaranteeQuestion) -> Iterator[_Obstacle]:
    yield from _for_good(pack, question)
    yield from _seller_first(pack, question)
    if question.ground is Ground.NOT_RECEIVED:
        yield from _not_late_yet(pack, question)
    if question.ground in {Ground.NOT_AS_DESCRIBED, Ground.NOT_REFUNDED}:
        yield from _return_first(pack, question)


def _for_good(pack: RulePack, question: GuaranteeQuestion) -> Iterator[_Obstacle]:
    rules = pack.guarantee
    if question.ground not in rules.covers or not set(rules.never).isdisjoint(question.flags):
        yield _Obstacle(because("guarantee.covers", "errors.guarantee_not_covered"))
    if question.charged_back:
        yield _Obstacle(because("guarantee.charged_back", "errors.guarantee_charged_back"))
    if question.amount > rules.most:
        limit = Money(rules.most, pack.currency)
        yield _Obstacle(because("guarantee.most", "errors.guarantee_too_much", limit=limit))
    until = claim_until(pack, question)
    if question.at.replace(microsecond=0) > until:
        yield _Obstacle(because("guarantee.report_days", "errors.guarantee_over", until=until, days=rules.report_days))


def _seller_first(pack: RulePack, question: GuaranteeQuestion) -> Iterator[_Obstacle]:
    hours = pack.guarantee.contact_hours
    if question.asked_at is None:
        asked = because("guarantee.contact_hours", "errors.guarantee_ask_seller", hours=hours)
        yield _Obstacle(asked, instead=("seller.contact",))
        return
    until = question.asked_at + timedelta(hours=hours)
    if question.at < until:
        yield _Obstacle(
            because("guarantee.contact_hours", "errors.guarantee_seller_has", until=until, hours=hours), until
        )


def _not_late_yet(pack: RulePack, question: GuaranteeQuestion) -> Iterator[_Obstacle]:
    days = pack.guarantee.late_days
    until = _promised(pack, question) + timedelta(days=days)
    if question.at < until:
        yield _Obstacle(because("guarantee.late_days", "errors.guarantee_not_late", until=until, days=days), until)


def _return_first(pack: RulePack, question: GuaranteeQuestion) -> Iterator[_Obstacle]:
    if question.return_asked_at is None:
        yield _Obstacle(because("guarantee.return", "errors.guarantee_return_first"), instead=("return.start",))
        return
    days = pack.guarantee.refund_days
    until = question.return_asked_at + timedelta(days=days)
    if question.ground is Ground.NOT_REFUNDED and question.at < until:
        yield _Obstacle(because("guarantee.refund_days", "errors.guarantee_refund_due", until=until, days=days), until)
