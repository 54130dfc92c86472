"""What this room can do, for the catalogue."""

from madoguchi.core.access.rules import Level, Need
from madoguchi.core.actions.catalogue import Action, Change
from madoguchi.core.actions.fields import About
from madoguchi.core.actions.rules import Effect
from madoguchi.service.orders import address, items, payment, verbs

ACTIONS = (
    Action(
        name="order.show",
        effect=Effect.READ,
        arguments=verbs.ShowOrder,
        need=Need(Level.PROVEN),
        reason="order.status",
        also=("delivery.late",),
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
    Action(
        name="order.change_address",
        effect=Effect.CHANGE,
        arguments=address.ChangeAddress,
        need=Need(Level.PROVEN),
        reason="order.change_address",
        about=About.ORDER,
        form=address.form,
        offer=address.offer,
        change=Change(draft=address.draft, begin=address.begin, perform=address.perform, settle=address.settle),
    ),
    Action(
        name="order.change_items",
        effect=Effect.CHANGE,
        arguments=items.ChangeItems,
        need=Need(Level.PROVEN),
        reason="order.change",
        about=About.ORDER,
        form=items.form,
        offer=items.offer,
        change=Change(draft=items.draft, begin=items.begin, perform=items.perform, settle=items.settle),
    ),
    Action(
        name="order.change_payment",
        effect=Effect.CHANGE,
        arguments=payment.ChangePayment,
        need=Need(Level.PROVEN),
        reason="order.change_payment",
        about=About.ORDER,
        form=payment.form,
        offer=payment.offer,
        change=Change(draft=payment.draft, begin=payment.begin, perform=payment.perform, settle=payment.settle),
    ),
)
