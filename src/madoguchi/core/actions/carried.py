"""What was agreed with a carrier, in words. Pure."""

from collections.abc import Iterator
from datetime import date

from madoguchi.core.actions.addresses import written
from madoguchi.core.actions.rules import Fact, Said, said
from madoguchi.core.carriers.port import Agreed, Band, Instruction


def slot_words(day: date, band: Band) -> Said:
    """A day and a part of it."""
    return said(f"delivery.slot.{band}", day=day)


def instruction_words(of: Instruction) -> Said:
    """How a parcel is handed over."""
    if of.point:
        return said("delivery.handing.pick_up", name=of.point.name)
    return Said(f"delivery.handing.{of.handing}")


def agreed_facts(agreed: Agreed) -> Iterator[Fact]:
    """What stands on the parcel's card."""
    if agreed.slot:
        yield Fact(Said("delivery.fact.slot"), slot_words(agreed.slot.day, agreed.slot.band))
    if agreed.instruction:
        yield Fact(Said("delivery.fact.instruction"), instruction_words(agreed.instruction))
    if agreed.address:
        yield Fact(Said("delivery.fact.address"), written(agreed.address))
