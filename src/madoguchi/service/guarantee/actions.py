"""What this room can do, for the catalogue."""

from madoguchi.core.access.rules import Level, Need
from madoguchi.core.actions.catalogue import Action, Change
from madoguchi.core.actions.fields import About
from madoguchi.core.actions.rules import Effect
from madoguchi.service.guarantee import claiming, deciding, ending, paying, reading

_CUSTOMERS = Need(Level.PROVEN)
_ALSO = ("guarantee.claim", "seller.contact")

ACTIONS = (
    Action(
        name="guarantee.claim",
        effect=Effect.CHANGE,
        arguments=claiming.ClaimGuarantee,
        need=_CUSTOMERS,
        reason="guarantee.claim",
        also=("delivery.not_received", "refund.status"),
        about=About.ORDER,
        form=claiming.form,
        narrow=claiming.narrow,
        offer=claiming.offer,
        change=Change(draft=claiming.draft, begin=claiming.begin, perform=None, settle=claiming.settle),
    ),
    Action(
        name="guarantee.status",
        effect=Effect.READ,
        arguments=reading.ShowGuarantee,
        need=_CUSTOMERS,
        also=_ALSO,
        about=About.ORDER,
        offer=reading.offer,
        read=reading.show,
    ),
    Action(
        name="guarantee.withdraw",
        effect=Effect.ACT,
        arguments=ending.WithdrawGuarantee,
        need=_CUSTOMERS,
        also=_ALSO,
        about=About.ORDER,
        offer=ending.offer_withdrawal,
        act=ending.withdraw,
    ),
    Action(
        name="guarantee.appeal",
        effect=Effect.ACT,
        arguments=ending.AppealGuarantee,
        need=_CUSTOMERS,
        also=_ALSO,
        about=About.ORDER,
        form=ending.appeal_form,
        offer=ending.offer_appeal,
        act=ending.appeal,
    ),
    Action(
        name="guarantee.decide",
        effect=Effect.CHANGE,
        arguments=deciding.DecideGuarantee,
        need=Need(Level.PROVEN, customers=False),
        about=About.ORDER,
        form=deciding.form,
        offer=deciding.offer,
        change=Change(
            draft=deciding.draft,
            begin=deciding.begin,
            perform=None,
            settle=deciding.settle,
            approve=deciding.approve,
        ),
    ),
    Action(
        name="guarantee.settle",
        effect=Effect.CHANGE,
        arguments=paying.SettleGuarantee,
        need=Need(Level.PROVEN, frozenset(), customers=False),
        change=Change(draft=paying.draft, begin=paying.begin, perform=None, settle=paying.settle),
    ),
)
