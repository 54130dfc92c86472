"""The guarantee in plain words, with the numbers of the rules in force; and where one's own claims are."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from litestar import Response

from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.policy.pack import Ground, RulePack
from madoguchi.core.policy.queries import rules_of
from madoguchi.front.counter.page import page
from madoguchi.front.ui import photos
from madoguchi.front.ui.access import EVERYONE, KNOWN_CUSTOMERS, get
from madoguchi.front.ui.links import action_url
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money
from madoguchi.service.guarantee.queries import claims_of, sellers_photo
from madoguchi.service.guarantee.reading import sentences
from madoguchi.service.guarantee.rules import Claim

_MORE = ("guarantee.withdraw", "guarantee.appeal")


class Terms(msgspec.Struct, frozen=True):
    """What is answered for, how it goes, and what is not."""

    lead: str
    covers: Sequence[str]
    steps: Sequence[str]
    excepts: Sequence[str]


class ClaimView(msgspec.Struct, frozen=True):
    """A claim in sentences, the photos that the seller shows, and what else can be done about it."""

    title: str
    lines: Sequence[str]
    photos: Sequence[str]
    order_url: str
    ways: Sequence[tuple[str, str]]


@get("/guarantee", access=EVERYONE)
async def show(request: Asked, services: Services, visitor: Visitor) -> Response[str]:
    """For everybody the terms; for whoever claimed it, how far that is."""

    async def work(tx: Tx) -> tuple[RulePack, list[ClaimView]]:
        rules = await rules_of(tx, visitor.store_id)
        mine = await claims_of(tx, visitor.actor) if visitor.actor.id else []
        return rules, [await _claim(tx, services, visitor, one) for one in mine]

    rules, mine = await services.db.run(visitor.actor, work)
    if not rules.guarantee.covers:
        raise invisible()
    return page(request, services, visitor, "guarantee.html", terms=terms(rules, visitor.reader), mine=mine)


@get("/guarantee/{claim_id:uuid}/photos/{photo_id:uuid}", access=KNOWN_CUSTOMERS)
async def photo(services: Services, visitor: Visitor, claim_id: UUID, photo_id: UUID) -> Response[bytes]:
    """A photo that the seller shows with the answer."""
    actor = visitor.actor
    held = await services.db.run(actor, lambda tx: sellers_photo(tx, actor, claim_id, photo_id))
    return await photos.send(services, held)


def terms(pack: RulePack, reader: Reader) -> Terms:
    """The rules as customers read them."""
    rules, t = pack.guarantee, reader.t
    most, silent = (Money(amount, pack.currency) for amount in (rules.most, rules.silent_most))
    covers = {
        Ground.NOT_RECEIVED: t("counter.guarantee.covers.not_received", n=rules.late_days),
        Ground.NOT_AS_DESCRIBED: t("counter.guarantee.covers.not_as_described"),
        Ground.NOT_REFUNDED: t("counter.guarantee.covers.not_refunded", n=rules.refund_days),
        Ground.REFUND_NOT_PAID: t("counter.guarantee.covers.refund_not_paid"),
    }
    goods = reader.list([t(f"policy.option.returns.never.{flag}") for flag in rules.never])
    return Terms(
        lead=t("counter.guarantee.lead", most=most),
        covers=[covers[one] for one in rules.covers],
        steps=[
            t("counter.guarantee.step.ask", n=rules.contact_hours),
            t("counter.guarantee.step.claim", n=rules.report_days),
            t("counter.guarantee.step.answer", n=rules.answer_hours),
            t("counter.guarantee.step.decide", limit=silent),
            t("counter.guarantee.step.review", n=rules.review_hours),
            t("counter.guarantee.step.appeal", n=rules.appeal_days),
        ],
        excepts=[
            t("counter.guarantee.not.ours"),
            *([t("counter.guarantee.not.goods", goods=goods)] if goods else []),
            t("counter.guarantee.not.more", most=most),
            t("counter.guarantee.not.disputed"),
        ],
    )


async def _claim(tx: Tx, services: Services, visitor: Visitor, of: Claim) -> ClaimView:
    what, *rest = sentences(of)
    order = Subject(About.ORDER, of.order_id)
    ways = []
    for name in _MORE:
        offer = services.catalogue.actions[name].offer
        assert offer
        if await offer(tx, visitor.actor, order) is None:
            ways.append((visitor.reader.t(f"actions.{name}.name"), action_url(name, order)))
    return ClaimView(
        title=what.to(visitor.reader),
        lines=[one.to(visitor.reader) for one in rest],
        photos=[f"/guarantee/{of.id}/photos/{one}" for one in of.seller_photos],
        order_url=f"/orders/{of.order_id}",
        ways=ways,
    )
