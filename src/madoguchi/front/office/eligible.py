"""Which return is accepted when, as a table for whoever keeps the shop."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response

from madoguchi.core.people.queries import Store
from madoguchi.core.policy import queries
from madoguchi.core.policy.decisions import ReturnDecision
from madoguchi.core.policy.eligibility import Row, Table, eligibility
from madoguchi.core.policy.floors import laws
from madoguchi.core.policy.pack import RulePack
from madoguchi.core.policy.questions import ReturnQuestion
from madoguchi.front.office import words
from madoguchi.front.ui.access import ADMINS, get
from madoguchi.front.ui.page import page
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money


class ColumnView(msgspec.Struct, frozen=True):
    """Reasons that always end alike, until when, and the laws that hold for all of them."""

    reasons: str
    notes: Sequence[str]
    laws: Sequence[str]


class CellView(msgspec.Struct, frozen=True):
    """What is said, and the laws by which it is better than the shop's own word."""

    said: str
    accepted: bool
    laws: Sequence[str]


class RowView(msgspec.Struct, frozen=True):
    """Goods in a condition."""

    goods: str
    condition: str
    cells: Sequence[CellView]


@get("/office/rules/{pack:str}/returns", access=ADMINS)
async def show_returns(services: Services, visitor: Visitor, pack: str, country: str = "") -> Response[Any]:
    """The table for a country; the shop's own unless another is asked for."""

    async def work(tx: Tx) -> tuple[RulePack, Store]:
        shops = await queries.users(tx, pack)
        return await queries.rules(tx, pack, await queries.in_force(tx, pack, tx.now)), shops[0]

    rules, shop = await services.db.run(visitor.actor, work)
    places = {law.countries[0]: law.area or law.countries[0] for law in laws()}
    chosen = country or shop.country
    if chosen not in places | {shop.country: shop.country}:
        raise invisible()
    reader = visitor.reader
    table = eligibility(rules, chosen, shop.time_zone, clock.now())
    return page(
        services,
        visitor,
        "office/returns.html",
        f"/office/rules/{pack}/returns",
        pack=pack,
        country=chosen,
        countries=[(code, reader.territory(name)) for code, name in ({shop.country: shop.country} | places).items()],
        columns=[_column(table, at, reader) for at in range(len(table.columns))],
        rows=[_row(table, row, rules, reader) for row in table.rows],
        notes=_notes(rules, reader),
    )


def _notes(rules: RulePack, reader: Reader) -> list[str]:
    """What holds beside the table."""
    found, season = [], rules.returns.season
    if season:
        days = {
            name: reader.month_day(date.fromisoformat(f"{words.LEAP_YEAR}-{day}"))
            for name, day in (("since", season.bought_from), ("to", season.bought_to), ("until", season.back_until))
        }
        found.append(reader.t("office.returns.season", **days))
    if rules.returns.keep_below:
        limit = Money(rules.returns.keep_below, rules.currency)
        found.append(reader.t("office.returns.keep_below", limit=limit))
    return found


def _column(table: Table, at: int, reader: Reader) -> ColumnView:
    accepted = _accepted(table, at)
    notes = [reader.t("office.returns.within", n=_days(accepted[0]))] if accepted else []
    if accepted and all(one.outward_shipping for one in accepted):
        notes.append(reader.t("office.returns.shipping"))
    reasons = [reader.t(f"policy.option.returns.free_for.{one}") for one in table.columns[at]]
    return ColumnView(reader.list(reasons), notes, _laws(_shared(table, at)))


def _row(table: Table, row: Row, rules: RulePack, reader: Reader) -> RowView:
    return RowView(
        goods=reader.list([_goods(flag, rules, reader) for flag in row.goods]),
        condition=reader.t(f"office.returns.condition.{row.condition or 'sold'}"),
        cells=[_cell(cell, _shared(table, at), reader) for at, cell in enumerate(row.cells)],
    )


def _cell(decision: ReturnDecision, shared: Sequence[str], reader: Reader) -> CellView:
    own = [clause for clause in decision.clauses if clause not in shared]
    return CellView(_said(decision, reader), decision.allowed, _laws(own))


def _said(decision: ReturnDecision, reader: Reader) -> str:
    if not decision.allowed:
        return reader.t("office.returns.no")
    payer = reader.t(f"policy.option.faults.postage.{decision.postage}")
    if decision.keep:
        told = reader.t("office.returns.kept", percent=decision.percent)
    elif decision.inspected:
        told = reader.t("office.returns.inspected", payer=payer)
    else:
        told = reader.t("office.returns.share", percent=decision.percent, payer=payer)
    if decision.approver is None:
        return told
    approver = reader.t(f"policy.of.{decision.approver}")
    return reader.list([told, reader.t("office.returns.approver", approver=approver)])


def _accepted(table: Table, at: int) -> list[ReturnDecision]:
    return [row.cells[at] for row in table.rows if row.cells[at].allowed]


def _shared(table: Table, at: int) -> list[str]:
    """The clauses that decide wherever something of this column is accepted."""
    accepted = _accepted(table, at)
    return [one for one in accepted[0].clauses if all(one in cell.clauses for cell in accepted)] if accepted else []


def _days(decision: ReturnDecision) -> int:
    question = decision.question
    assert isinstance(question, ReturnQuestion)
    assert question.delivered_at
    return (decision.until.date() - question.delivered_at.astimezone(ZoneInfo(question.zone)).date()).days


def _laws(ids: Sequence[str]) -> list[str]:
    return [clause.law for law in laws() for clause in law.clause if clause.id in ids]


def _goods(flag: str | None, rules: RulePack, reader: Reader) -> str:
    if flag is None:
        return reader.t("office.returns.others")
    return reader.t(f"policy.option.returns.{'free' if flag in rules.returns.free else 'never'}.{flag}")
