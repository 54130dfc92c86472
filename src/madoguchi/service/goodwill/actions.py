"""What this room can do, for the catalogue."""

from madoguchi.core.access.rules import Level, Need
from madoguchi.core.actions.catalogue import Action, Change
from madoguchi.core.actions.fields import About
from madoguchi.core.actions.rules import Effect
from madoguchi.service.goodwill import verbs

ACTIONS = (
    Action(
        name="goodwill.grant",
        effect=Effect.CHANGE,
        arguments=verbs.GrantGoodwill,
        need=Need(Level.PROVEN, customers=False),
        about=About.CASE,
        form=verbs.form,
        offer=verbs.offer,
        change=Change(
            draft=verbs.draft,
            begin=verbs.begin,
            perform=verbs.perform,
            settle=verbs.settle,
            approve=verbs.approve,
        ),
    ),
)
