"""What this room can do, for the catalogue."""

from collections.abc import Collection

from madoguchi.core.access.rules import STAFF, Level, Need, Role
from madoguchi.core.actions.catalogue import Action, Change
from madoguchi.core.actions.fields import About
from madoguchi.core.actions.rules import Effect
from madoguchi.service.returns import (
    addressing,
    agreeing,
    appealing,
    asking,
    cancelling,
    exchanging,
    gifting,
    inspecting,
    label,
    missing,
    opening,
    reading,
    settling,
)
from madoguchi.service.returns.sent import OwnWay, TellSent

_CUSTOMERS = Need(Level.PROVEN)
_WAREHOUSE = Need(Level.PROVEN, STAFF | {Role.WAREHOUSE}, customers=False)
_LEADERS = Need(Level.PROVEN, STAFF - {Role.ASSOCIATE}, customers=False)
_SYSTEM = Need(Level.PROVEN, frozenset(), customers=False)

ACTIONS = (
    Action(
        name="order.return",
        effect=Effect.CHANGE,
        arguments=agreeing.ReturnOrder,
        need=_CUSTOMERS,
        reason="return.start",
        about=About.ORDER,
        form=asking.form,
        narrow=asking.narrow,
        offer=opening.offer,
        change=Change(draft=opening.draft, begin=opening.begin, perform=opening.perform, settle=opening.settle),
    ),
    Action(
        name="order.exchange",
        effect=Effect.CHANGE,
        arguments=exchanging.ExchangeOrder,
        need=_CUSTOMERS,
        reason="return.exchange",
        also=("item.wrong",),
        about=About.ORDER,
        form=exchanging.form,
        narrow=exchanging.narrow,
        offer=exchanging.offer,
        change=Change(
            draft=exchanging.draft, begin=opening.begin, perform=exchanging.perform, settle=exchanging.settle
        ),
    ),
    Action(
        name="gift.redeem",
        effect=Effect.ACT,
        arguments=gifting.RedeemGift,
        need=_CUSTOMERS,
        also=("return.gift",),
        about=About.CUSTOMER,
        form=gifting.code_form,
        offer=gifting.offer_code,
        act=gifting.redeem,
    ),
    Action(
        name="gift.return",
        effect=Effect.CHANGE,
        arguments=gifting.ReturnGift,
        need=_CUSTOMERS,
        reason="return.gift",
        about=About.GIFT,
        things=gifting.things,
        form=gifting.form,
        narrow=gifting.narrow,
        offer=gifting.offer,
        change=Change(draft=gifting.draft, begin=gifting.begin, perform=gifting.perform, settle=gifting.settle),
    ),
    Action(
        name="return.cancel",
        effect=Effect.CHANGE,
        arguments=cancelling.CancelReturn,
        need=_CUSTOMERS,
        also=("return.start", "return.status"),
        about=About.RETURN,
        things=reading.things,
        offer=cancelling.offer,
        change=Change(draft=cancelling.draft, begin=cancelling.begin, perform=None, settle=cancelling.settle),
    ),
    Action(
        name="return.status",
        effect=Effect.READ,
        arguments=reading.ShowReturn,
        need=_CUSTOMERS,
        reason="return.status",
        also=("refund.status",),
        about=About.RETURN,
        things=reading.things,
        read=reading.status,
    ),
    Action(
        name="return.label",
        effect=Effect.ACT,
        arguments=label.ShowLabel,
        need=_CUSTOMERS,
        reason="return.label",
        about=About.RETURN,
        things=reading.things,
        offer=label.offer,
        act=label.give,
    ),
    Action(
        name="return.appeal",
        effect=Effect.ACT,
        arguments=appealing.AppealReturn,
        need=_CUSTOMERS,
        also=("return.start", "return.status", "refund.status"),
        about=About.RETURN,
        things=reading.things,
        form=appealing.appeal_form,
        offer=appealing.offer_appeal,
        act=appealing.appeal,
    ),
    Action(
        name="return.address",
        effect=Effect.ACT,
        arguments=addressing.TellAddress,
        need=_CUSTOMERS,
        also=("return.status", "return.gift", "return.start", "order.change_address"),
        about=About.RETURN,
        things=reading.things,
        form=addressing.form,
        offer=addressing.offer,
        act=addressing.tell,
    ),
    Action(
        name="return.receive",
        effect=Effect.ACT,
        arguments=inspecting.ReceiveReturn,
        need=_WAREHOUSE,
        act=inspecting.receive,
    ),
    Action(
        name="return.inspect",
        effect=Effect.ACT,
        arguments=inspecting.InspectReturn,
        need=_WAREHOUSE,
        act=inspecting.inspect,
    ),
    Action(
        name="return.review",
        effect=Effect.ACT,
        arguments=appealing.ReviewReturn,
        need=_LEADERS,
        about=About.RETURN,
        things=reading.things,
        form=appealing.review_form,
        offer=appealing.offer_review,
        act=appealing.review,
    ),
    Action(
        name="return.decide_missing",
        effect=Effect.ACT,
        arguments=missing.DecideMissing,
        need=_LEADERS,
        about=About.RETURN,
        things=reading.things,
        form=missing.form,
        offer=missing.offer,
        act=missing.decide,
    ),
    Action(
        name="return.settle",
        effect=Effect.CHANGE,
        arguments=settling.SettleReturn,
        need=_SYSTEM,
        change=Change(draft=settling.draft, begin=settling.begin, perform=settling.perform, settle=settling.settle),
    ),
)


def actions(carriers: Collection[str]) -> tuple[Action, ...]:
    """With what goes by the carriers whose news are heard."""
    own = OwnWay(carriers)
    sent = Action(
        name="return.sent",
        effect=Effect.ACT,
        arguments=TellSent,
        need=_CUSTOMERS,
        also=("return.status", "return.label"),
        about=About.RETURN,
        things=reading.things,
        form=own.form,
        narrow=own.narrow,
        offer=own.offer,
        act=own.tell,
    )
    return (*ACTIONS, sent)
