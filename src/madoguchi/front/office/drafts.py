"""What is about to change: the differences, and which of the last month's decisions would be others."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.response import Redirect

from madoguchi.core.people.queries import Store
from madoguchi.core.policy import queries, verbs
from madoguchi.core.policy.decisions import Decision
from madoguchi.core.policy.fields import differences, fields, with_values
from madoguchi.core.policy.pack import RulePack
from madoguchi.core.policy.queries import Draft
from madoguchi.core.policy.replay import Changed, Recorded, replay
from madoguchi.core.policy.rules import decide
from madoguchi.front.office import words
from madoguchi.front.office.outcomes import SideView, side
from madoguchi.front.ui.access import ADMINS, get, post
from madoguchi.front.ui.forms import Nothing, form
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible
from madoguchi.kit.i18n import Reader

LOOKED_BACK = timedelta(days=30)
SHOWN = 50  # decisions on a page

PageNumber = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A draft beside what it would replace. `newest` is the last version saved, `moved` what it changed meanwhile."""

    draft: Draft
    base: RulePack
    present: RulePack
    newest: int
    moved: RulePack | None
    shops: Sequence[Store]
    recorded: Sequence[Recorded]
    packs: Mapping[int, RulePack]


class Row(msgspec.Struct, frozen=True):
    """A decision that would be another one."""

    url: str
    order: str
    action: str
    at: str
    before: str
    after: str


@get("/office/rules/{pack:str}/draft", access=ADMINS)
async def show_draft(services: Services, visitor: Visitor, pack: str, at: PageNumber = 1) -> Response[Any]:
    """The preview of the draft; without one the form."""
    found = await services.db.run(visitor.actor, lambda tx: load(tx, visitor, pack))
    if found is None:
        return Redirect(f"/office/rules/{pack}/edit", status_code=303)
    return await draft_page(services, visitor, pack, found, at=at)


@get("/office/rules/{pack:str}/draft/decisions/{decision_id:uuid}", access=ADMINS)
async def show_decision(services: Services, visitor: Visitor, pack: str, decision_id: UUID) -> Response[Any]:
    """One decision with its reasons, as it was and as it would be."""

    async def work(tx: Tx) -> tuple[Recorded, Decision, Decision, str]:
        await queries.users(tx, pack)
        draft = await queries.draft_of(tx, visitor.actor, pack)
        if draft is None:
            raise invisible()
        recorded = await queries.access_decision(tx, visitor.actor, pack, decision_id)
        before = decide(await queries.rules(tx, pack, recorded.version), recorded.inputs)
        return recorded, before, decide(draft.document, recorded.inputs), draft.document.currency

    recorded, before, after, currency = await services.db.run(visitor.actor, work)
    reader = visitor.reader
    sides: Sequence[SideView] = [side(one, currency, reader) for one in (before, after)]
    return page(
        services,
        visitor,
        "office/decision.html",
        f"/office/rules/{pack}/draft/decisions/{decision_id}",
        pack=pack,
        recorded=recorded,
        action=reader.t(f"actions.{recorded.action}.name"),
        sides=sides,
    )


@post("/office/rules/{pack:str}/draft/base", access=ADMINS)
async def carry_over(request: Asked, services: Services, visitor: Visitor, pack: str) -> Redirect:
    """Put the draft's own changes on the newest version."""
    await form(request, Nothing)
    slow_down(services.limits.write, visitor.counted_as)

    async def work(tx: Tx) -> None:
        found = await load(tx, visitor, pack)
        if found is None:
            raise Refused("draft_missing", 409)
        number = found.newest
        newest = await queries.rules(tx, pack, number)
        known = {field.path for field in fields(newest)}
        mine = {
            one.path: one.after.value
            for one in differences(found.base, found.draft.document)
            if one.after and one.path in known
        }
        await verbs.keep_draft(tx, visitor.actor, pack, number, with_values(newest, mine))

    await services.db.run(visitor.actor, work)
    return Redirect(f"/office/rules/{pack}/draft", status_code=303)


@post("/office/rules/{pack:str}/draft/removal", access=ADMINS)
async def throw_away(request: Asked, services: Services, visitor: Visitor, pack: str) -> Redirect:
    """Forget the draft."""
    await form(request, Nothing)
    slow_down(services.limits.write, visitor.counted_as)
    await services.db.run(visitor.actor, lambda tx: verbs.drop_draft(tx, visitor.actor, pack))
    return Redirect(f"/office/rules/{pack}", status_code=303)


async def load(tx: Tx, visitor: Visitor, pack: str) -> Preview | None:
    """The draft with all that its preview needs; None without a draft."""
    shops = await queries.users(tx, pack)
    draft = await queries.draft_of(tx, visitor.actor, pack)
    if draft is None:
        return None
    newest = await verbs.newest(tx, pack)
    recorded = await queries.decisions(tx, pack, tx.now - LOOKED_BACK)
    return Preview(
        draft=draft,
        base=await queries.rules(tx, pack, draft.base),
        present=await queries.rules(tx, pack, await queries.in_force(tx, pack, tx.now)),
        newest=newest,
        moved=await queries.rules(tx, pack, newest) if newest != draft.base else None,
        shops=shops,
        recorded=recorded,
        packs={number: await queries.rules(tx, pack, number) for number in {one.version for one in recorded}},
    )


async def draft_page(
    services: Services,
    visitor: Visitor,
    pack: str,
    found: Preview,
    *,
    at: int = 1,
    note: str = "",
    day: str = "",
    refused: Refused | None = None,
) -> Response[Any]:
    """The preview, also as the answer to a saving that did not go through."""
    reader, document = visitor.reader, found.draft.document
    others = await asyncio.to_thread(replay, found.recorded, found.packs, document)
    moved = words.changes(differences(found.base, found.moved), found.base, found.moved, reader) if found.moved else []
    return page(
        services,
        visitor,
        "office/draft.html",
        f"/office/rules/{pack}/draft",
        refused=refused,
        pack=pack,
        draft=found.draft,
        newest=found.newest,
        changes=words.changes(differences(found.present, document), found.present, document, reader),
        moved=moved,
        counts={"others": len(others), "all": len(found.recorded), "days": LOOKED_BACK.days},
        rows=[_row(one, pack, reader) for one in others[(at - 1) * SHOWN : at * SHOWN]],
        at=at,
        more=len(others) > at * SHOWN,
        note=note,
        day=day,
        today=clock.now().astimezone(reader.zone).date().isoformat(),
    )


def _row(one: Changed, pack: str, reader: Reader) -> Row:
    recorded = one.recorded
    return Row(
        url=f"/office/rules/{pack}/draft/decisions/{recorded.id}",
        order=recorded.order_ref or "",
        action=reader.t(f"actions.{recorded.action}.name"),
        at=reader.datetime(recorded.decided_at),
        before=reader.t(f"policy.verdict.{one.before.verdict}"),
        after=reader.t(f"policy.verdict.{one.after.verdict}"),
    )
