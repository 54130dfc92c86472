"""What everything about a subscription begins with: whose it is, nothing else under way, and the rules."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.fields import Unrelated
from madoguchi.core.actions.rules import Fact, Outcome, Said, Settled, Slip, Wish, said
from madoguchi.core.people.queries import access_customer, store
from madoguchi.core.policy.pack import RulePack
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.requests.queries import open_request_about
from madoguchi.core.shop.port import Operation, OperationState, Subscription
from madoguchi.core.shop.queries import customer_facts
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible
from madoguchi.kit.money import Money


class Opening(msgspec.Struct, frozen=True):
    """A subscription, of which shop, and the shop's rules."""

    one: Subscription
    store_id: str
    pack: RulePack
    zone: ZoneInfo

    @property
    def subject(self) -> str:
        """What a change is about."""
        return f"subscription:{self.one.ref}"

    def local(self, at: datetime) -> date:
        """The shop's day."""
        return at.astimezone(self.zone).date()

    def day(self, at: datetime) -> Said:
        """The shop's day, in words."""
        return said("memberships.day", day=self.local(at))

    def slip(self, title: Said, facts: tuple[Fact, ...], next_step: Said) -> Slip:
        """What will be so afterwards; no money moves."""
        return Slip(
            title=title,
            order_ref="",
            lines=(),
            money=(),
            total=Money(0, self.one.price.currency),
            facts=(Fact(Said("memberships.slip.name"), self.one.name), *facts),
            notices=("change_done",),
            next_step=next_step,
        )


async def known(tx: Tx, actor: Actor, customer_id: UUID, ref: str) -> Opening:
    """A subscription that the actor may see; else invisible."""
    facts = await customer_facts(tx, actor, customer_id)
    one = next((one for one in facts.subscriptions if one.ref == ref), None)
    if one is None:
        raise invisible()
    store_id = (await access_customer(tx, actor, customer_id)).store_id
    zone = ZoneInfo((await store(tx, store_id)).time_zone)
    return Opening(one, store_id, await rules_of(tx, store_id), zone)


async def open_for(tx: Tx, actor: Actor, customer_id: UUID, ref: str) -> Opening:
    """A subscription that may be changed; Refused: subscription_ended, subject_open."""
    opening = await known(tx, actor, customer_id, ref)
    if opening.one.state == "ended":
        raise Unrelated("subscription_ended", 409)
    if await open_request_about(tx, opening.store_id, opening.subject):
        raise Refused("subject_open", 409)
    return opening


async def check_same(tx: Tx, wish: Wish, before: Subscription) -> None:
    """Refused("subscription_changed") when it is no longer as it was when the change was quoted."""
    if (await known(tx, SYSTEM, wish.customer_id, before.ref)).one != before:
        raise Refused("subscription_changed", 409)


def ended(slip: Slip, operation: Operation) -> Outcome:
    """How a change ended: the store did it, or said why not."""
    if operation.state is not OperationState.SUCCEEDED:
        return Outcome(state=Settled.FAILED, code=f"store_{operation.code or 'failed'}")
    return Outcome(state=Settled.DONE, slip=msgspec.structs.replace(slip, irreversible=()))
