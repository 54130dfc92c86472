"""Returns: until when, for how much, at whose cost, and what the money waits for. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from madoguchi.core.access.rules import Role
from madoguchi.core.policy.claiming import in_good_faith
from madoguchi.core.policy.days import end_of_day
from madoguchi.core.policy.decisions import Reason, ReturnDecision, Verdict
from madoguchi.core.policy.law import PERSON, because, start, under_law
from madoguchi.core.policy.pack import (
    NEVER_BY_ITSELF,
    Asked,
    Fault,
    Payer,
    ReturnReason,
    ReturnRules,
    RulePack,
    Season,
    Trigger,
    Worn,
)
from madoguchi.core.policy.questions import History, ReturnQuestion
from madoguchi.kit.money import Money

_SHOWN_BY_PHOTO = frozenset(
    {
        ReturnReason.DEFECTIVE,
        ReturnReason.WRONG_ITEM,
        ReturnReason.MISSING_PART,
        ReturnReason.NOT_AS_DESCRIBED,
        ReturnReason.DAMAGED,
    }
)


LESS = frozenset({"returns.opened", "returns.used", "returns.incomplete", "returns.untagged"})  # rules that reduce


@under_law("returns", "faults")
def decide_return(pack: RulePack, question: ReturnQuestion) -> ReturnDecision:
    """Whether units of a line may come back, until when, for which share, and who pays what."""
    if refused := _refused(pack, question):
        return _no_return(pack, question, Verdict.OFFER_ALTERNATIVE, refused)
    if _needs_photo(pack, question):
        asked = because("returns.photos", "errors.return_needs_photo")
        return _no_return(pack, question, Verdict.NEEDS_INFO, asked)
    return _accepted(pack, question)


def decide_returns(
    pack: RulePack, questions: Mapping[str, ReturnQuestion], history: History
) -> dict[str, ReturnDecision]:
    """The same for lines that come back together: what of one need not counts for the next, after the `history`."""
    found = {}
    for ref, question in questions.items():
        found[ref] = decide_return(pack, msgspec.structs.replace(question, history=history))
        if found[ref].keep:
            history = msgspec.structs.replace(history, amount=history.amount + question.amount)
    return found


def asked_of(pack: RulePack, flags: tuple[str, ...]) -> tuple[Asked, ...]:
    """What is asked about goods with these flags: whether tags are on of what one tries on, of all else the seal."""
    beside = Asked.OPENED if _tried_on(pack.returns, flags) else Asked.TAGS
    return tuple(one for one in pack.returns.asks if one is not beside)


def return_until(pack: RulePack, question: ReturnQuestion) -> datetime:
    """The last moment at which the line may be sent back, at the end of a day of the shop.

    What was not delivered yet counts from the moment of the question.
    """
    rules, zone = pack.returns, ZoneInfo(question.zone)
    days = rules.days if _wished(pack, question) else rules.defect_days
    delivered = (question.delivered_at or question.at).astimezone(zone).date()
    last = delivered + timedelta(days=days)
    if rules.season:
        last = max(last, _season_end(rules.season, question.ordered_at.astimezone(zone).date()) or last)
    return end_of_day(last, zone)


# --- what is not taken back -----------------------------------------------------------------------------------------


def _refused(pack: RulePack, question: ReturnQuestion) -> Reason | None:
    rules, wished = pack.returns, _wished(pack, question)
    if wished and not set(rules.never).isdisjoint(question.flags):
        return because("returns.never", "errors.return_never")
    until = return_until(pack, question)
    if question.at.replace(microsecond=0) > until:
        rule, days = ("days", rules.days) if wished else ("defect_days", rules.defect_days)
        return because(f"returns.{rule}", "errors.return_late", until=until, days=days)
    refused = (name for name, worn in _worn(pack, question) if worn is Worn.REFUSED)
    return next((because(f"returns.{name}", _NOT_AS_SOLD[name]) for name in refused), None)


_NOT_AS_SOLD = {
    "used": "errors.return_used",
    "incomplete": "errors.return_incomplete",
    "untagged": "errors.return_untagged",
}


def _worn(pack: RulePack, question: ReturnQuestion) -> Iterator[tuple[str, Worn]]:
    """In which ways it is not as it was sold, and what the shop says to that; nothing where it was not the customer."""
    if not _wished(pack, question):
        return
    rules, condition = pack.returns, question.condition
    if condition.used:
        yield "used", rules.used
    if not condition.complete:
        yield "incomplete", rules.incomplete
    if not condition.tags:
        yield "untagged", rules.untagged


def _needs_photo(pack: RulePack, question: ReturnQuestion) -> bool:
    rules = pack.returns.photos
    if question.evidence or question.reason not in _SHOWN_BY_PHOTO:
        return False
    return question.amount > rules.above or question.returns_before >= rules.returns


def _no_return(pack: RulePack, question: ReturnQuestion, verdict: Verdict, reason: Reason) -> ReturnDecision:
    needs_info = verdict is Verdict.NEEDS_INFO
    return ReturnDecision(
        **start(pack, question),
        verdict=verdict,
        reasons=(reason,),
        alternatives=() if needs_info else PERSON,
        asks=("photo",) if needs_info else (),
        fault=pack.returns.reasons[question.reason],
        until=return_until(pack, question),
        send_by=_send_by(pack, question),
    )


# --- what is taken back ---------------------------------------------------------------------------------------------


def _accepted(pack: RulePack, question: ReturnQuestion) -> ReturnDecision:
    rules = pack.returns
    fault = rules.reasons[question.reason]
    wished, fits = fault is Fault.CUSTOMER, _comes_back_free(pack, question)
    postage = Payer.SHOP if fits else pack.faults[fault].postage
    inspected = any(worn is Worn.INSPECTED for _, worn in _worn(pack, question))
    keep = _need_not_come_back(pack, question)
    approver = Role(rules.approval) if _needs_a_word(pack, question) else None
    return ReturnDecision(
        **start(pack, question),
        verdict=Verdict.ALLOW_WITH_APPROVAL if approver else Verdict.ALLOW,
        reasons=tuple(_why(pack, question)),
        approver=approver,
        fault=fault,
        until=return_until(pack, question),
        send_by=_send_by(pack, question),
        percent=rules.opened_percent if _loses_by_opening(pack, question) else 100,
        restocking_percent=rules.restocking_percent if wished and not fits else 0,
        postage=postage,
        postage_fee=rules.postage if postage is Payer.CUSTOMER else 0,
        outward_shipping=pack.faults[fault].outward_shipping,
        fees=pack.faults[fault].fees,
        methods=() if keep else rules.methods[postage],
        trigger=_trigger(rules, question, keep=keep, inspected=inspected),
        ship=rules.exchange.ship_trusted if question.trusted else rules.exchange.ship,
        keep=keep,
        inspected=inspected,
    )


def _why(pack: RulePack, question: ReturnQuestion) -> Iterator[Reason]:
    """First what the share and the postage follow from, then what is special about sending it back."""
    rules = pack.returns
    if _comes_back_free(pack, question):
        yield because("returns.free", "policy.said.returns.free")
    elif _loses_by_opening(pack, question):
        yield because("returns.opened", "policy.said.returns.opened", percent=rules.opened_percent)
    else:
        fault = rules.reasons[question.reason]
        yield because(f"faults.{fault}", f"policy.said.faults.{fault}")
    for name, worn in _worn(pack, question):
        if worn is Worn.INSPECTED:
            yield because(f"returns.{name}", "policy.said.returns.inspected")
    if _need_not_come_back(pack, question):
        kept = not set(rules.keep).isdisjoint(question.flags)
        limit = Money(rules.keep_below, pack.currency)
        rule = "returns.keep" if kept else "returns.keep_below"
        yield because(rule, f"policy.said.{rule}", limit=limit)


def _wished(pack: RulePack, question: ReturnQuestion) -> bool:
    """Whether it comes back because the customer wishes it, and not because something is wrong with it."""
    return pack.returns.reasons[question.reason] is Fault.CUSTOMER


def _tried_on(rules: ReturnRules, flags: tuple[str, ...]) -> bool:
    return not set(rules.free).isdisjoint(flags)


def _comes_back_free(pack: RulePack, question: ReturnQuestion) -> bool:
    rules = pack.returns
    return _wished(pack, question) and _tried_on(rules, question.flags) and question.reason in rules.free_for


def _loses_by_opening(pack: RulePack, question: ReturnQuestion) -> bool:
    """Whether it was opened, and that takes something off; trying on opens nothing."""
    rules = pack.returns
    reduced = _wished(pack, question) and question.condition.opened and rules.opened_percent < 100
    return reduced and not _tried_on(rules, question.flags)


def _need_not_come_back(pack: RulePack, question: ReturnQuestion) -> bool:
    rules = pack.returns
    if _wished(pack, question):
        return False
    if not set(rules.keep).isdisjoint(question.flags):
        return True
    return question.amount < rules.keep_below and _believed(pack, question)


def _needs_a_word(pack: RulePack, question: ReturnQuestion) -> bool:
    """Whether a person agrees first: to some goods always, to paying for what nobody sees above what is believed."""
    unseen = _need_not_come_back(pack, question) and not _believed(pack, question)
    return unseen or not NEVER_BY_ITSELF.isdisjoint(question.flags)


def _believed(pack: RulePack, question: ReturnQuestion) -> bool:
    return in_good_faith(pack.claims.good_faith, question.amount, question.history)


def _trigger(rules: ReturnRules, question: ReturnQuestion, *, keep: bool, inspected: bool) -> Trigger:
    """The earliest that holds; what has yet to be looked at waits for that."""
    if keep or inspected:
        return Trigger.NOW if keep else Trigger.INSPECTED
    held = [rules.refund.gift_balance if question.to_balance else rules.refund.usual]
    if question.trusted:
        held.append(rules.refund.trusted)
    return min(held, key=lambda trigger: trigger.rank)


# --- days -----------------------------------------------------------------------------------------------------------


def _send_by(pack: RulePack, question: ReturnQuestion) -> datetime:
    zone = ZoneInfo(question.zone)
    return end_of_day(question.at.astimezone(zone).date() + timedelta(days=pack.returns.label_days), zone)


def _season_end(season: Season, bought: date) -> date | None:
    """Until when what was bought on this day may come back by the season; None when it is none of the season."""
    if not season.bought_from <= f"{bought:%m-%d}" <= season.bought_to:
        return None
    wraps = season.back_until < season.bought_from
    return date.fromisoformat(f"{bought.year + wraps}-{season.back_until}")
