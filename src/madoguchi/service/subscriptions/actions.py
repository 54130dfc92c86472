"""What this room can do, for the catalogue."""

from madoguchi.core.access.rules import Level, Need
from madoguchi.core.actions.catalogue import Action, Change
from madoguchi.core.actions.fields import About
from madoguchi.core.actions.rules import Effect
from madoguchi.service.subscriptions import changing, ending, reading

ACTIONS = (
    Action(
        name="subscription.list",
        effect=Effect.READ,
        arguments=reading.OfCustomer,
        need=Need(Level.PROVEN),
        reason="subscription.benefits",
        also=("subscription.skip", "subscription.change"),
        about=About.CUSTOMER,
        read=reading.subscriptions,
    ),
    Action(
        name="balance.show",
        effect=Effect.READ,
        arguments=reading.OfCustomer,
        need=Need(Level.PROVEN),
        reason="payment.points",
        about=About.CUSTOMER,
        read=reading.balances,
    ),
    Action(
        name="subscription.skip",
        effect=Effect.CHANGE,
        arguments=changing.Skip,
        need=Need(Level.PROVEN),
        reason="subscription.skip",
        about=About.SUBSCRIPTION,
        offer=changing.offer_skip,
        change=Change(
            draft=changing.draft_skip, begin=changing.begin, perform=changing.perform, settle=changing.settle
        ),
    ),
    Action(
        name="subscription.change_interval",
        effect=Effect.CHANGE,
        arguments=changing.ChangeInterval,
        need=Need(Level.PROVEN),
        also=("subscription.skip", "subscription.change"),
        about=About.SUBSCRIPTION,
        form=changing.interval_form,
        offer=changing.offer_interval,
        change=Change(
            draft=changing.draft_interval, begin=changing.begin, perform=changing.perform, settle=changing.settle
        ),
    ),
    Action(
        name="subscription.change_plan",
        effect=Effect.CHANGE,
        arguments=changing.ChangePlan,
        need=Need(Level.PROVEN),
        reason="subscription.change",
        about=About.SUBSCRIPTION,
        form=changing.plan_form,
        offer=changing.offer_plan,
        change=Change(
            draft=changing.draft_plan, begin=changing.begin, perform=changing.perform, settle=changing.settle
        ),
    ),
    Action(
        name="subscription.cancel",
        effect=Effect.CHANGE,
        arguments=ending.CancelSubscription,
        need=Need(Level.PROVEN),
        reason="subscription.cancel",
        also=("subscription.accidental",),
        about=About.SUBSCRIPTION,
        form=ending.form,
        offer=ending.offer,
        change=Change(draft=ending.draft, begin=ending.begin, perform=ending.perform, settle=ending.settle),
    ),
)
