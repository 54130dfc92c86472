"""What makes an order a present, in words. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from madoguchi.core.actions.rules import Fact, Said
from madoguchi.core.shop.port import GiftOptions

NO_NOSHI = "none"


class Wrapping(StrEnum):
    """Whether it is wrapped."""

    WRAPPED = "wrapped"
    PLAIN = "plain"


class Prices(StrEnum):
    """Whether what lies in the parcel tells them."""

    HIDDEN = "hidden"
    SHOWN = "shown"


class NoshiPlace(StrEnum):
    """Where the paper band goes."""

    OUTSIDE = "outside"
    INSIDE = "inside"


CHOICES: Mapping[str, tuple[str, ...]] = {  # field → the words that can be chosen whatever the rules say
    "wrapping": tuple(Wrapping),
    "prices": tuple(Prices),
    "noshi": (NO_NOSHI,),
    "noshi_place": tuple(NoshiPlace),
}


def wrapping(options: GiftOptions) -> Wrapping:
    """Whether it is wrapped."""
    return Wrapping.WRAPPED if options.wrapping else Wrapping.PLAIN


def prices(options: GiftOptions) -> Prices:
    """Whether prices are told."""
    return Prices.HIDDEN if options.hide_prices else Prices.SHOWN


def noshi_place(options: GiftOptions) -> NoshiPlace:
    """Where the paper band goes, if there is one."""
    return NoshiPlace.INSIDE if options.noshi_inside else NoshiPlace.OUTSIDE


def facts(options: GiftOptions) -> tuple[Fact, ...]:
    """The options as slips and cards tell them; what was not wished is left out."""
    told: dict[str, str | Said] = {
        "wrapping": word("wrapping", wrapping(options)),
        "prices": word("prices", prices(options)),
        "noshi": options.noshi or "",
        "noshi_place": word("noshi_place", noshi_place(options)) if options.noshi else "",
        "noshi_name": options.noshi_name,
        "message": options.message,
    }
    return tuple(
        Fact(Said(f"actions.order.add_gift_options.field.{name}"), words) for name, words in told.items() if words
    )


def word(name: str, choice: str) -> Said:
    """One of the CHOICES."""
    return Said(f"actions.order.add_gift_options.field.{name}.{choice}")
