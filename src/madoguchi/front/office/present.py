"""The rules as they are: every value in words, and the law above them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response
from litestar.response import Redirect

from madoguchi.core.people.queries import Store, store
from madoguchi.core.policy import queries
from madoguchi.core.policy.fields import fields
from madoguchi.core.policy.floors import Clause, Only, clauses, lawful
from madoguchi.core.policy.pack import ChangeWish, RulePack
from madoguchi.core.policy.queries import Draft, Version
from madoguchi.front.office import words
from madoguchi.front.office.words import RowView, Told
from madoguchi.front.ui.access import ADMINS, get
from madoguchi.front.ui.page import page
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the page knows: the version that holds, those to come, those shipped since, the shops, an open draft."""

    pack: RulePack
    number: int
    planned: Sequence[Version]
    offered: Sequence[Version]
    shops: Sequence[Store]
    draft: Draft | None


class Section(msgspec.Struct, frozen=True):
    """One matter: its values, and for changes the rows by wish."""

    id: str
    title: str
    values: list[Told]
    matrices: list[tuple[str, list[RowView]]] = []


class LawView(msgspec.Struct, frozen=True):
    """A clause of a law; `wins` where it is better for the consumer than the shop's own rule."""

    law: str
    source: str
    wins: bool


@get("/office", access=ADMINS)
async def show_office(services: Services, visitor: Visitor) -> Redirect:
    """The rules of the shop that this session is in."""
    pack = (await services.db.run(visitor.actor, lambda tx: store(tx, visitor.store_id))).rule_pack
    return Redirect(f"/office/rules/{pack}", status_code=303)


@get("/office/rules/{pack:str}", access=ADMINS)
async def show_rules(services: Services, visitor: Visitor, pack: str) -> Response[Any]:
    """Every rule with its value."""

    async def work(tx: Tx) -> Rules:
        shops = await queries.users(tx, pack)
        number = await queries.in_force(tx, pack, tx.now)
        later = [one for one in await queries.versions(tx, pack) if one.number > number]
        return Rules(
            pack=await queries.rules(tx, pack, number),
            number=number,
            planned=[one for one in later if one.effective_from],
            offered=[one for one in later if one.effective_from is None],
            shops=shops,
            draft=await queries.draft_of(tx, visitor.actor, pack),
        )

    found = await services.db.run(visitor.actor, work)
    return page(
        services,
        visitor,
        "office/rules.html",
        f"/office/rules/{pack}",
        rules=found,
        sections=sections(found.pack, visitor.reader),
        laws=_laws(found),
    )


def sections(pack: RulePack, reader: Reader) -> list[Section]:
    """Every matter in the order in which a shop owner looks for it."""
    single = [field for field in fields(pack) if not words.is_row(field)]
    return [
        Section(
            id=name,
            title=reader.t(f"policy.section.{name}"),
            values=words.told([field for field in single if field.section == name], pack, reader),
            matrices=[(reader.t(f"policy.wish.{wish}"), words.matrix(pack, wish, reader)) for wish in ChangeWish]
            if name == "changes"
            else [],
        )
        for name in words.SECTIONS
    ]


def _laws(found: Rules) -> list[LawView]:
    """The law of the shop's country; other consumers' own law holds for them alike."""
    on, country = clock.now().date(), found.shops[0].country
    _, won = lawful(found.pack, country, on)
    return [
        LawView(clause.law, clause.source, clause in won) for clause in clauses(country, on) if _holds(clause, found)
    ]


def _holds(clause: Clause, found: Rules) -> bool:
    return clause.only is Only.ALWAYS or not found.pack.returns.terms_shown
