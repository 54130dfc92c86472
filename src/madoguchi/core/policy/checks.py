"""What may not stand in one pack together, as sentences for whoever edits it. Pure."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgspec

from madoguchi.core.access.rules import Role
from madoguchi.core.policy.pack import RulePack

_RANKS = (Role.ASSOCIATE, Role.LEADER, Role.ADMIN)


class Wrong(msgspec.Struct, frozen=True):
    """Why a value cannot be: where it stands, the key of a sentence, and its parameters."""

    path: str
    key: str
    parameters: dict[str, Any] = {}


def conflicts(pack: RulePack) -> tuple[Wrong, ...]:
    """Everything that contradicts itself; nothing in a sound pack."""
    return (*_spans(pack), *_sums(pack), *_ranks(pack), *_empty(pack))


def _spans(pack: RulePack) -> Iterator[Wrong]:
    for kind, ways in pack.refunds.tenders.items():
        for way in ways:
            if way.least_days > way.most_days:
                yield Wrong(f"refunds/tenders/{kind}/{way.way}/most_days", "policy.wrong.span")
    for way in pack.refunds.other_tenders:
        if way.least_days > way.most_days:
            yield Wrong(f"refunds/other_tenders/{way.way}/most_days", "policy.wrong.span")
    season = pack.returns.season
    if season and season.bought_from > season.bought_to:
        yield Wrong("returns/season/bought_to", "policy.wrong.season")


def _sums(pack: RulePack) -> Iterator[Wrong]:
    if pack.claims.good_faith.limit > pack.claims.good_faith.amount:
        yield Wrong("claims/good_faith/amount", "policy.wrong.good_faith")
    if pack.guarantee.silent_most > pack.guarantee.most:
        yield Wrong("guarantee/silent_most", "policy.wrong.silent_most")
    for role, limits in pack.goodwill.limits.items():
        if limits.case > limits.customer_year:
            yield Wrong(f"goodwill/limits/{role}/customer_year", "policy.wrong.goodwill_year")


def _ranks(pack: RulePack) -> Iterator[Wrong]:
    """Whoever approves may grant at least as much as whoever asks."""
    limits = pack.goodwill.limits
    for lower, higher in pairwise(_RANKS):
        for name in ("case", "customer_year"):
            if getattr(limits[lower], name) > getattr(limits[higher], name):
                yield Wrong(f"goodwill/limits/{higher}/{name}", "policy.wrong.goodwill_rank")


def _empty(pack: RulePack) -> Iterator[Wrong]:
    needed: dict[str, tuple[object, ...]] = {
        **{f"returns/methods/{payer}": ways for payer, ways in pack.returns.methods.items()},
        "changes/cancel_reasons": pack.changes.cancel_reasons,
        "claims/remedies": pack.claims.remedies,
        "goodwill/reasons": pack.goodwill.reasons,
        "receipts/tax_rates": pack.receipts.tax_rates,
    }
    yield from (Wrong(path, "policy.wrong.empty") for path, values in needed.items() if not values)
