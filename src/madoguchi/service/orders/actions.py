"""What this room can do, for the catalogue."""

from madoguchi.core.access.rules import Level, Need
from madoguchi.core.actions.catalogue import Action, Change
from madoguchi.core.actions.fields import About
from madoguchi.core.actions.rules import Effect
from madoguchi.service.orders import verbs

ACTIONS = (
    Action(
        name="order.show",
        effect=Effect.READ,
        arguments=verbs.ShowOrder,
        need=Need(Level.PROVEN),
        reason="order.status",
        also=("delivery.late", "delivery.not_received"),
        about=About.ORDER,
        read=verbs.show,
    ),
    Action(
        name="order.cancel",
        effect=Effect.CHANGE,
        arguments=verbs.CancelOrder,
        need=Need(Level.PROVEN),
        reason="order.cancel",
        about=About.ORDER,
        form=verbs.cancellation_form,
        offer=verbs.offer_cancellation,
        change=Change(
            draft=verbs.draft_cancellation,
            begin=verbs.begin_cancellation,
            perform=verbs.perform_cancellation,
            settle=verbs.settle_cancellation,
        ),
    ),
)
