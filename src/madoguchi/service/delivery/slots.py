"""Choosing a day and a part of it, of those that a carrier offers. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, refusal
from madoguchi.core.actions.rules import Said, said
from madoguchi.core.carriers.port import Band, Slot
from madoguchi.kit.errors import Refused


def free(slots: Sequence[Slot], now: datetime) -> list[Slot]:
    """Those that can still be asked for."""
    return [slot for slot in slots if slot.ask_by > now]


def until(slots: Sequence[Slot], last: date | None) -> list[Slot]:
    """Those until a last day, where there is one."""
    return [slot for slot in slots if last is None or slot.day <= last]


def fields(slots: Sequence[Slot], last: date | None = None) -> tuple[Field, ...]:
    """The days until a last one that are offered, and the parts of a day; nothing to fill in where there are none."""
    offered = until(slots, last)
    if not offered:
        return ()
    days, bands = sorted({slot.day for slot in offered}), {slot.band for slot in offered}
    day = _choice("day", {day.isoformat(): said("delivery.day", day=day) for day in days})
    if last:
        late = {slot.day.isoformat(): refusal(after(last)) for slot in slots if slot.day > last}
        day = msgspec.structs.replace(day, left_out=late, hint=said("delivery.pickup.until", day=last))
    return day, _choice("band", {band.value: Said(f"delivery.band.{band}") for band in Band if band in bands})


def after(last: date) -> Refused:
    """What is collected is collected until then."""
    return Refused("pickup_until", 409, until=last)


def chosen(slots: Sequence[Slot], day: date, band: Band) -> Slot:
    """The slot; Refused("slot_unavailable") for a part of a day that is not offered then."""
    for slot in slots:
        if (slot.day, slot.band) == (day, band):
            return slot
    raise Refused("slot_unavailable", 409, field="band")


def _choice(name: str, labels: Mapping[str, Said]) -> Field:
    options = tuple(FieldOption(value=value, label=label) for value, label in labels.items())
    return Field(name=name, kind=FieldKind.CHOICE, options=options, unknown="slot_unavailable")
