"""Sending something back, screen by screen. What is filled in is kept, and can be gone on with anywhere."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Field, FieldOption, Subject
from madoguchi.core.actions.reading import counted, problems, read
from madoguchi.core.actions.rules import Refusal
from madoguchi.core.drafts import queries as drafts
from madoguchi.core.drafts import verbs as keeping
from madoguchi.core.requests import verbs as requests
from madoguchi.core.shop.queries import access_order
from madoguchi.front.counter import orders, views
from madoguchi.front.counter.page import page, see_other
from madoguchi.front.ui import photos
from madoguchi.front.ui.access import KNOWN_CUSTOMERS, get, post
from madoguchi.front.ui.cards import OrderView
from madoguchi.front.ui.fields import field_views, filled_in, mistakes
from madoguchi.front.ui.forms import posted
from madoguchi.front.ui.links import RETURN
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked, sentence
from madoguchi.front.ui.replies import raise_unshown
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.i18n import Reader
from madoguchi.service.returns.possible import NOTHING_LEFT, Possible, possible
from madoguchi.service.returns.screens import Screen, asked_on, check_told, screen_of

_PATH = "/orders/{order_id:uuid}/return"
_LATER = "later"  # the button that keeps what is there and leaves


class Form(msgspec.Struct, frozen=True):
    """What was filled in so far, and what is to be asked then; nothing where nothing can be sent back."""

    fields: tuple[Field, ...]
    given: Mapping[str, Any]

    @property
    def asked(self) -> dict[str, Any]:
        """What was given to what still matters."""
        return {field.name: self.given[field.name] for field in self.fields if field.name in self.given}

    def lacks(self, screen: Screen) -> bool:
        """Whether something of a screen is not filled in, or was not chosen yet."""
        asked = asked_on(screen, self.fields)
        return bool(problems(asked, self.given)) or any(one.proposed and one.name not in self.given for one in asked)


class Shown(msgspec.Struct, frozen=True):
    """A screen as it stands: what it asks now, what stands in it, and why nothing can be sent back."""

    fields: tuple[Field, ...]
    given: Mapping[str, Any]
    why_not: Refusal | None
    order: OrderView


@get(_PATH, access=KNOWN_CUSTOMERS)
async def begin(services: Services, visitor: Visitor, order_id: UUID, chat: UUID | None = None) -> Response[Any]:
    """The first screen that is not filled in, else the last that asks something."""

    async def work(tx: Tx) -> Screen:
        form = await _form(tx, services, visitor, order_id)
        asks = [screen for screen in Screen if asked_on(screen, form.fields)] or [Screen.ITEMS]
        return next((screen for screen in asks if form.lacks(screen)), asks[-1])

    return see_other(_url(order_id, await services.db.run(visitor.actor, work), chat))


@get(f"{_PATH}/{{screen:str}}", access=KNOWN_CUSTOMERS)
async def fill_in(
    request: Asked, services: Services, visitor: Visitor, order_id: UUID, screen: Screen, chat: UUID | None = None
) -> Response[str]:
    """A screen, with what was filled in before; where it asks nothing yet, the one that comes first."""

    async def is_early(tx: Tx) -> bool:
        form = await _form(tx, services, visitor, order_id)
        return bool(form.fields) and not asked_on(screen, form.fields)

    if await services.db.run(visitor.actor, is_early):
        return see_other(_url(order_id, None, chat))
    return await _page(request, services, visitor, order_id, screen, chat)


@post(f"{_PATH}/{{screen:str}}", access=KNOWN_CUSTOMERS)
async def go_on(
    request: Asked, services: Services, visitor: Visitor, order_id: UUID, screen: Screen, chat: UUID | None = None
) -> Response[str]:
    """Keep what was filled in and go on; after the last screen, to the slip to confirm."""
    given = await posted(request)
    leaves = bool(given.pop(_LATER, ""))
    db, actor = services.db, visitor.actor
    try:
        slow_down(services.limits.write, visitor.counted_as)
        await photos.take(services, visitor, given)
        await db.run(actor, lambda tx: _keep(tx, services, visitor, order_id, screen, given))
        if leaves:
            return see_other("/returns")
        await db.run(actor, lambda tx: _check_whole(tx, services, visitor, order_id, screen, given))
        return see_other(await db.run(actor, lambda tx: _next(tx, services, visitor, order_id, screen, chat)))
    except Refused as refused:
        raise_unshown(request, refused)
        wrong = str(refused.parameters.get("field", "")).partition(".")[0]
        there = screen_of(wrong) if wrong else screen
        typed = given if there is screen else None
        return await _page(request, services, visitor, order_id, there, chat, refused, typed)


@post(f"{_PATH}-draft/end", access=KNOWN_CUSTOMERS)
async def leave(services: Services, visitor: Visitor, order_id: UUID) -> Response[Any]:
    """What was filled in is not wanted any more."""
    actor = visitor.actor

    async def work(tx: Tx) -> None:
        await access_order(tx, actor, order_id)
        assert actor.id
        await keeping.drop(tx, actor.id, order_id, RETURN)

    await services.db.run(actor, work)
    return see_other("/returns")


# --- what is asked and kept


async def _form(
    tx: Tx, services: Services, visitor: Visitor, order_id: UUID, here: Mapping[str, Any] | None = None
) -> Form:
    """The form after what was kept, and what stands `here` on a screen instead."""
    actor = visitor.actor
    assert actor.id
    await access_order(tx, actor, order_id)
    action = actions.find(services.catalogue, actor, RETURN)
    kept = await drafts.draft(tx, actor.id, order_id, RETURN)
    given = (kept.given if kept else {}) | dict(here or {})
    return Form(await actions.fields(tx, actor, action, Subject(About.ORDER, order_id), given), given)


async def _typed(
    tx: Tx, services: Services, visitor: Visitor, order_id: UUID, screen: Screen, posted: Mapping[str, Any]
) -> dict[str, Any]:
    """What a screen was posted with, whatever it asks by now."""
    subject = Subject(About.ORDER, order_id)
    every = await actions.fields(tx, visitor.actor, services.catalogue.actions[RETURN], subject)
    return filled_in([field for field in every if screen_of(field.name) is screen], posted)


async def _keep(
    tx: Tx, services: Services, visitor: Visitor, order_id: UUID, screen: Screen, posted: Mapping[str, Any]
) -> None:
    """Keep what can be understood of a screen."""
    typed = await _typed(tx, services, visitor, order_id, screen, posted)
    form = await _form(tx, services, visitor, order_id, typed)
    found = counted(asked_on(screen, form.fields), typed)
    others = {name: value for name, value in form.given.items() if screen_of(name) is not screen}
    assert visitor.actor.id
    await keeping.keep(tx, visitor.actor.id, order_id, RETURN, others | found)


async def _check_whole(
    tx: Tx, services: Services, visitor: Visitor, order_id: UUID, screen: Screen, posted: Mapping[str, Any]
) -> None:
    """Refused with what is missing on a screen, or cannot be."""
    typed = await _typed(tx, services, visitor, order_id, screen, posted)
    form = await _form(tx, services, visitor, order_id, typed)
    read(asked_on(screen, form.fields), typed)


async def _next(tx: Tx, services: Services, visitor: Visitor, order_id: UUID, screen: Screen, chat: UUID | None) -> str:
    """Where to go after a screen. Refused with the field that is missing, or with the rules' reason."""
    form = await _form(tx, services, visitor, order_id)
    if screen is Screen.REASON:
        await check_told(tx, visitor.actor, order_id, counted(form.fields, form.given))
    screens = list(Screen)
    for later in screens[screens.index(screen) + 1 :]:
        if asked_on(later, form.fields):
            return _url(order_id, later, chat)
    raw = Subject(About.ORDER, order_id).arguments | form.asked
    return f"/quotes/{(await requests.quote(tx, services.catalogue, visitor.actor, RETURN, raw, case_id=chat)).id}"


# --- the page


async def _page(
    request: Asked,
    services: Services,
    visitor: Visitor,
    order_id: UUID,
    screen: Screen,
    chat: UUID | None,
    refused: Refused | None = None,
    typed: Mapping[str, Any] | None = None,
) -> Response[str]:
    reader = visitor.reader
    shown = await services.db.run(visitor.actor, lambda tx: _load(tx, services, visitor, order_id, screen, typed))
    views_of = field_views(RETURN, shown.fields, reader, shown.given, refused=refused, judged=refused is not None)
    wrong = mistakes(views_of, reader)
    at_field = refused is not None and "field" in refused.parameters
    alternatives: Sequence[str] = refused.parameters.get("alternatives", ()) if refused else ()
    before = list(Screen)[: list(Screen).index(screen)]
    return page(
        request,
        services,
        visitor,
        "returning.html",
        refused=refused,
        screen=screen,
        step=list(Screen).index(screen) + 1,
        steps=steps(reader),
        fields=views_of,
        wrong=wrong,
        problem=sentence(refused, visitor) if refused and not (at_field and wrong) else "",
        why_not=reader.t(f"errors.{shown.why_not.code}", **shown.why_not.parameters) if shown.why_not else "",
        ways=orders.ways(shown.why_not.alternatives if shown.why_not else alternatives, reader),
        order=shown.order,
        form_url=_url(order_id, screen, chat),
        back=_url(order_id, before[-1], chat) if before else f"/orders/{order_id}",
        client_id=ids.uuid7(),
    )


def steps(reader: Reader) -> list[str]:
    """What the screens are called, the last one is the slip to confirm."""
    return [reader.t(f"counter.returns.step.{name}") for name in (*Screen, "check")]


async def _load(
    tx: Tx, services: Services, visitor: Visitor, order_id: UUID, screen: Screen, posted: Mapping[str, Any] | None
) -> Shown:
    actor = visitor.actor
    typed = {} if posted is None else await _typed(tx, services, visitor, order_id, screen, posted)
    form = await _form(tx, services, visitor, order_id, typed)
    fields = asked_on(screen, form.fields)
    if screen is Screen.ITEMS:
        lines = await possible(tx, actor, order_id)
        reader = visitor.reader
        fields = tuple(_with_days(field, lines, reader) if field.name == "lines" else field for field in fields)
    (order,) = await views.order_views(tx, [await access_order(tx, actor, order_id)], visitor.reader)
    action = services.catalogue.actions[RETURN]
    why_not = await action.offer(tx, actor, Subject(About.ORDER, order_id)) if action.offer else None
    defaults = {field.name: field.default for field in fields}
    return Shown(fields, defaults | counted(fields, form.given) | typed, why_not, order)


def _with_days(field: Field, lines: Sequence[Possible], reader: Reader) -> Field:
    """With the last day of each line that is left, or why it cannot come back."""
    known = {option.value: option for option in field.options}
    return msgspec.structs.replace(
        field,
        options=tuple(
            msgspec.structs.replace(known[line.line_ref], note=until(line, reader), refusal=None)
            if line.until
            else FieldOption(value=line.line_ref, label=line.name, refusal=line.why_not)
            for line in lines
            if line.line_ref in known
        ),
    )


def until(line: Possible, reader: Reader) -> str:
    """Until which day a line can be sent back, or why it cannot."""
    if line.until:
        key = "counter.returns.until.faulty" if line.only_faulty else "counter.returns.until"
        return reader.t(key, until=reader.local_day(line.until))
    assert line.why_not
    if line.why_not.code == NOTHING_LEFT:
        return reader.t("counter.returns.nothing_left")
    return reader.t(f"errors.{line.why_not.code}", **line.why_not.parameters)


def _url(order_id: UUID, screen: Screen | None, chat: UUID | None) -> str:
    """Where a screen is, or the first that is not filled in."""
    path = f"/orders/{order_id}/return" + (f"/{screen}" if screen else "")
    return path + (f"?{urlencode({'chat': chat})}" if chat else "")
