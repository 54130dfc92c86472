"""Saving a draft as a version, and the versions that were: what changed, when, by whom, why, and back again."""

from datetime import date, datetime, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response
from litestar.response import Redirect

from madoguchi.core.policy import queries, verbs
from madoguchi.core.policy.fields import differences
from madoguchi.core.policy.pack import RulePack
from madoguchi.core.policy.queries import Version
from madoguchi.front.office import drafts, words
from madoguchi.front.ui.access import ADMINS, get, post
from madoguchi.front.ui.forms import Nothing, form
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible


class Saving(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it changes, and from which day on (the shop's; empty: at once)."""

    note: Annotated[str, msgspec.Meta(max_length=5_000)] = ""
    day: Annotated[str, msgspec.Meta(max_length=40)] = ""


class Shown(msgspec.Struct, frozen=True):
    """A version beside the one before it."""

    version: Version
    rules: RulePack
    before: RulePack | None


@post("/office/rules/{pack:str}/versions", access=ADMINS)
async def save(request: Asked, services: Services, visitor: Visitor, pack: str) -> Response[Any]:
    """The draft becomes the newest version; what is wrong with that is said on its page, and nothing is lost."""
    saving = await form(request, Saving)
    slow_down(services.limits.write, visitor.counted_as)

    async def work(tx: Tx) -> int:
        found = await drafts.load(tx, visitor, pack)
        if found is None:
            raise Refused("draft_missing", 409)
        draft = found.draft
        if not differences(found.present, draft.document) and draft.base == found.newest:
            raise Refused("nothing_changed")
        begins = _begins(saving.day, tx.now, found.shops[0].time_zone)
        return await verbs.save(
            tx, visitor.actor, pack, draft.base, draft.document, note=saving.note, effective_from=begins
        )

    try:
        number = await services.db.run(visitor.actor, work)
    except Refused as refused:
        found = await services.db.run(visitor.actor, lambda tx: drafts.load(tx, visitor, pack))
        if found is None:
            raise
        return await drafts.draft_page(
            services, visitor, pack, found, note=saving.note, day=saving.day, refused=refused
        )
    return Redirect(f"/office/rules/{pack}/versions/{number}", status_code=303)


@get("/office/rules/{pack:str}/versions", access=ADMINS)
async def show_history(services: Services, visitor: Visitor, pack: str) -> Response[Any]:
    """All versions, newest first."""

    async def work(tx: Tx) -> tuple[int, list[Version]]:
        await queries.users(tx, pack)
        return await queries.in_force(tx, pack, tx.now), list(await queries.versions(tx, pack))

    number, found = await services.db.run(visitor.actor, work)
    path = f"/office/rules/{pack}/versions"
    return page(services, visitor, "office/versions.html", path, pack=pack, number=number, versions=found)


@get("/office/rules/{pack:str}/versions/{number:int}", access=ADMINS)
async def show_version(services: Services, visitor: Visitor, pack: str, number: int) -> Response[Any]:
    """What one version changed, and the way back to it."""
    shown, holds = await services.db.run(visitor.actor, lambda tx: _shown(tx, pack, number))
    before = shown.before
    return page(
        services,
        visitor,
        "office/version.html",
        f"/office/rules/{pack}/versions/{number}",
        pack=pack,
        version=shown.version,
        holds=holds,
        first=before is None,
        changes=words.changes(differences(before, shown.rules), before, shown.rules, visitor.reader) if before else [],
    )


@post("/office/rules/{pack:str}/versions/{number:int}/draft", access=ADMINS)
async def take_again(request: Asked, services: Services, visitor: Visitor, pack: str, number: int) -> Redirect:
    """Begin a draft with the values of an earlier version; saved, it is a version of its own."""
    await form(request, Nothing)
    slow_down(services.limits.write, visitor.counted_as)

    async def work(tx: Tx) -> None:
        await queries.users(tx, pack)
        document = await queries.rules(tx, pack, number)
        await verbs.keep_draft(tx, visitor.actor, pack, await verbs.newest(tx, pack), document)

    await services.db.run(visitor.actor, work)
    return Redirect(f"/office/rules/{pack}/draft", status_code=303)


async def _shown(tx: Tx, pack: str, number: int) -> tuple[Shown, int]:
    await queries.users(tx, pack)
    holds = await queries.in_force(tx, pack, tx.now)
    version = next((one for one in await queries.versions(tx, pack) if one.number == number), None)
    if version is None:
        raise invisible()
    before = await queries.rules(tx, pack, number - 1) if number > 1 else None
    return Shown(version, await queries.rules(tx, pack, number), before), holds


def _begins(day: str, now: datetime, zone: str) -> datetime:
    """The beginning of the day, which is now for today and for no day at all."""
    if not day.strip():
        return now
    try:
        wanted = date.fromisoformat(day.strip())
    except ValueError as error:
        raise Refused("effective_day") from error
    if wanted == now.astimezone(ZoneInfo(zone)).date():
        return now
    return datetime.combine(wanted, time.min, ZoneInfo(zone))
