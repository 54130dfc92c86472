"""What this room can do, for the catalogue."""

from madoguchi.core.access.rules import Level, Need
from madoguchi.core.actions.catalogue import Action
from madoguchi.core.actions.fields import About
from madoguchi.core.actions.rules import Effect
from madoguchi.service.sellers import asking, rating

_CUSTOMERS = Need(Level.PROVEN, staff=frozenset())  # who rates a seller, or asks before buying, does it in person

ACTIONS = (
    Action(
        name="seller.ask",
        effect=Effect.ACT,
        arguments=asking.AskSeller,
        need=Need(Level.PROVEN),
        reason="seller.contact",
        also=("item.question",),
        about=About.ORDER,
        form=asking.form,
        offer=asking.offer,
        act=asking.ask,
        first="seller.facts",
    ),
    Action(
        name="seller.facts",
        effect=Effect.READ,
        arguments=asking.AboutOrder,
        need=Need(Level.PROVEN),
        about=About.ORDER,
        form=asking.facts_form,
        read=asking.show_facts,
    ),
    Action(
        name="seller.rate",
        effect=Effect.ACT,
        arguments=rating.RateSeller,
        need=_CUSTOMERS,
        also=("service.feedback", "seller.contact"),
        about=About.ORDER,
        form=rating.form,
        offer=rating.offer,
        act=rating.rate,
    ),
    Action(
        name="thread.rate",
        effect=Effect.ACT,
        arguments=rating.RateAnswer,
        need=_CUSTOMERS,
        about=About.CASE,
        form=rating.answer_form,
        offer=rating.offer_answer,
        act=rating.rate_answer,
    ),
    Action(
        name="product.ask",
        effect=Effect.ACT,
        arguments=asking.AskAboutProduct,
        need=_CUSTOMERS,
        about=About.CUSTOMER,
        form=asking.product_form,
        act=asking.ask_about_product,
    ),
    Action(
        name="product.facts",
        effect=Effect.READ,
        arguments=asking.AboutProduct,
        need=_CUSTOMERS,
        about=About.CUSTOMER,
        read=asking.show_product,
    ),
)
