"""Choosing a day and a part of it, of those that a carrier offers. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from madoguchi.core.actions.fields import Field, FieldKind, FieldOption
from madoguchi.core.actions.rules import Said, said
from madoguchi.core.carriers.port import Band, Slot
from madoguchi.kit.errors import Refused


def free(slots: Sequence[Slot], now: datetime) -> list[Slot]:
    """Those that can still be asked for."""
    return [slot for slot in slots if slot.ask_by > now]


def fields(slots: Sequence[Slot]) -> tuple[Field, ...]:
    """The days that are offered, and the parts of a day; nothing to fill in where there are none."""
    if not slots:
        return ()
    days, bands = sorted({slot.day for slot in slots}), {slot.band for slot in slots}
    return (
        _choice("day", {day.isoformat(): said("delivery.day", day=day) for day in days}),
        _choice("band", {band.value: Said(f"delivery.band.{band}") for band in Band if band in bands}),
    )


def chosen(slots: Sequence[Slot], day: date, band: Band) -> Slot:
    """The slot; Refused("slot_unavailable") for a part of a day that is not offered then."""
    for slot in slots:
        if (slot.day, slot.band) == (day, band):
            return slot
    raise Refused("slot_unavailable", 409, field="band")


def _choice(name: str, labels: Mapping[str, Said]) -> Field:
    options = tuple(FieldOption(value=value, label=label) for value, label in labels.items())
    return Field(name=name, kind=FieldKind.CHOICE, options=options, unknown="slot_unavailable")
