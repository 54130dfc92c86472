"""Which return is accepted when: the rules asked about every kind of goods, in every condition, for every reason. Pure.

Nothing of the table is written down anywhere: what ends alike is put together, so that it is as short as the rules are.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from madoguchi.core.policy.decisions import ReturnDecision, outcome
from madoguchi.core.policy.pack import Asked, ReturnReason, RulePack
from madoguchi.core.policy.questions import Condition, ReturnQuestion
from madoguchi.core.policy.returning import asked_of
from madoguchi.core.policy.rules import decide_return

CONDITIONS: Mapping[Asked | None, Condition] = {
    None: Condition(),  # as it was sold
    Asked.OPENED: Condition(opened=True),
    Asked.USED: Condition(used=True),
    Asked.COMPLETE: Condition(complete=False),
    Asked.TAGS: Condition(tags=False),
}


class Row(msgspec.Struct, frozen=True):
    """Goods by flag (None: those without any) in a condition, and what is said to each group of reasons."""

    goods: tuple[str | None, ...]
    condition: Asked | None
    cells: tuple[ReturnDecision, ...]


class Table(msgspec.Struct, frozen=True):
    """Groups of reasons that always end alike, and rows of goods that do."""

    columns: tuple[tuple[ReturnReason, ...], ...]
    rows: tuple[Row, ...]


def eligibility(pack: RulePack, country: str, zone: str, at: datetime) -> Table:
    """What is said to goods that came yesterday, bought outside of any season, too dear to be given away."""
    pack = msgspec.structs.replace(pack, returns=msgspec.structs.replace(pack.returns, season=None))
    known = pack.returns.reasons.keys() - {ReturnReason.LOST}
    reasons = [reason for reason in ReturnReason if reason in known]  # stored, they have forgotten their order

    def ask(goods: str | None, condition: Asked | None, reason: ReturnReason) -> ReturnDecision:
        question = ReturnQuestion(
            at=at,
            country=country,
            reason=reason,
            ordered_at=at - timedelta(days=2),
            delivered_at=at - timedelta(days=1),
            zone=zone,
            amount=pack.returns.keep_below,
            flags=(goods,) if goods else (),
            condition=CONDITIONS[condition],
            evidence=True,
        )
        return decide_return(pack, question)

    whole = {
        (goods, condition): [ask(goods, condition, reason) for reason in reasons] for goods, condition in _rows(pack)
    }
    columns = _alike([[row[at] for row in whole.values()] for at in range(len(reasons))])
    rows = {key: tuple(row[group[0]] for group in columns) for key, row in whole.items()}
    return Table(
        columns=tuple(tuple(reasons[at] for at in group) for group in columns),
        rows=tuple(_merged(rows)),
    )


def _rows(pack: RulePack) -> Iterator[tuple[str | None, Asked | None]]:
    """Of goods that never come back for a wish, their condition is nothing that anybody asks."""
    rules = pack.returns
    for goods in (None, *rules.free):
        asked = asked_of(pack, (goods,) if goods else ())
        yield goods, None
        yield from ((goods, condition) for condition in CONDITIONS if condition in asked)
    yield from ((goods, None) for goods in dict.fromkeys([*rules.never, *rules.keep]))


def _merged(rows: Mapping[tuple[str | None, Asked | None], tuple[ReturnDecision, ...]]) -> Iterator[Row]:
    keys = list(rows)
    for group in _alike([[condition, *cells] for (_, condition), cells in rows.items()]):
        goods = tuple(keys[at][0] for at in group)
        yield Row(goods, keys[group[0]][1], rows[keys[group[0]]])


def _alike(found: Sequence[Sequence[Asked | ReturnDecision | None]]) -> list[list[int]]:
    """The positions of what ends alike, in the order in which it comes first."""
    groups: dict[str, list[int]] = {}
    for at, one in enumerate(found):
        key = repr([_told(part) if isinstance(part, ReturnDecision) else part for part in one])
        groups.setdefault(key, []).append(at)
    return list(groups.values())


def _told(decision: ReturnDecision) -> object:
    return outcome(decision), decision.rules, decision.code, decision.clauses
