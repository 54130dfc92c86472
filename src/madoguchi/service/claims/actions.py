"""What this room can do, for the catalogue."""

from madoguchi.core.access.rules import Level, Need
from madoguchi.core.actions.catalogue import Action, Change
from madoguchi.core.actions.fields import About
from madoguchi.core.actions.rules import Effect
from madoguchi.service.claims import charges, found, items, parcels, verbs


def _parcel(
    name: str,
    of: parcels.ParcelAction,
    arguments: type[parcels.ParcelClaim],
    reason: str | None = None,
    also: tuple[str, ...] = (),
) -> Action:
    return Action(
        name=name,
        effect=Effect.CHANGE,
        arguments=arguments,
        need=Need(Level.PROVEN),
        reason=reason,
        also=also,
        about=About.PARCEL,
        form=of.form,
        offer=of.offer,
        change=Change(
            draft=of.draft, begin=verbs.begin, perform=verbs.perform, settle=verbs.settle, approve=verbs.approve
        ),
    )


def _item(name: str, of: items.ItemAction, arguments: type[items.ItemClaim], *also: str) -> Action:
    return Action(
        name=name,
        effect=Effect.CHANGE,
        arguments=arguments,
        need=Need(Level.PROVEN),
        also=("item.damaged", "item.defective", "item.wrong", "item.missing_parts", *also),
        about=About.ORDER,
        form=of.form,
        narrow=of.narrow,
        offer=of.offer,
        change=Change(
            draft=of.draft, begin=verbs.begin, perform=verbs.perform, settle=verbs.settle, approve=verbs.approve
        ),
    )


ACTIONS = (
    _parcel(
        "parcel.not_received",
        parcels.NOT_RECEIVED,
        parcels.MissingParcel,
        "delivery.not_received",
        also=("delivery.late",),
    ),
    _parcel(
        "parcel.late",
        parcels.LATE,
        parcels.ParcelClaim,
        also=("delivery.late", "delivery.not_received", "refund.status"),
    ),
    _parcel("parcel.misdelivered", parcels.MISDELIVERED, parcels.ParcelClaim, "delivery.misdelivered"),
    Action(
        name="parcel.found",
        effect=Effect.CHANGE,
        arguments=found.ParcelFound,
        need=Need(Level.PROVEN),
        also=("delivery.not_received", "delivery.late", "delivery.misdelivered"),
        about=About.PARCEL,
        form=found.form,
        offer=found.offer,
        change=Change(draft=found.draft, begin=found.begin, perform=None, settle=found.settle),
    ),
    _item("item.replace", items.REPLACE, items.ItemClaim),
    _item("item.refund", items.REFUND, items.ItemRefund, "refund.status"),
    Action(
        name="charge.unknown",
        effect=Effect.CHANGE,
        arguments=charges.UnknownCharge,
        need=Need(Level.PROVEN),
        reason="payment.unrecognized_charge",
        also=("order.unrecognized",),
        about=About.CUSTOMER,
        form=charges.form,
        offer=charges.offer,
        change=Change(
            draft=charges.draft,
            begin=verbs.begin,
            perform=verbs.perform,
            settle=verbs.settle,
            approve=verbs.approve,
        ),
    ),
)
