"""Returns as the warehouse's pages show them."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from madoguchi.kit.i18n import Reader
from madoguchi.service.returns.folding import expected
from madoguchi.service.returns.queries import Line
from madoguchi.service.returns.rules import Acceptance, Reception, ReturnState
from madoguchi.service.returns.strays.queries import StrayParcel
from madoguchi.service.returns.units.rules import Unit
from madoguchi.service.returns.warehouse import GoesBack, Shown

_TONES = {
    ReturnState.RECEIVED: "waiting",
    ReturnState.IN_TRANSIT: "plain",
    ReturnState.APPROVED: "plain",
}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A return in a list."""

    url: str
    title: str
    text: str
    meta: str
    state: str
    tone: str
    unread: bool = False


class StrayView(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel that was put aside."""

    id: UUID
    scanned: str
    why: str
    note: str
    place: str
    when: str


class GoingView(msgspec.Struct, frozen=True, kw_only=True):
    """What goes back to a customer: of which return, what, and what is to be written on it."""

    reference: str
    goods: str
    parcel: str


class UnitView(msgspec.Struct, frozen=True, kw_only=True):
    """A unit: what it is, how far it is, whether it waits to be looked at, and where; `url` "" where none."""

    id: UUID
    name: str
    sku: str
    state: str
    tone: str
    expected: bool
    waits: bool
    url: str


class ReturnView(msgspec.Struct, frozen=True, kw_only=True):
    """A return, with the facts of it that help to know the goods."""

    id: UUID
    number: str
    url: str
    state: str
    facts: Sequence[tuple[str, str]]
    units: Sequence[UnitView]

    @property
    def expected(self) -> list[UnitView]:
        """What may be in the parcel."""
        return [unit for unit in self.units if unit.expected]

    @property
    def next(self) -> UnitView | None:
        """What is to be looked at next."""
        return next((unit for unit in self.units if unit.waits), None)


def return_url(return_id: UUID) -> str:
    """The page of a return."""
    return f"/warehouse/returns/{return_id}"


def unit_url(return_id: UUID, unit_id: UUID) -> str:
    """Where a unit is looked at."""
    return f"{return_url(return_id)}/units/{unit_id}"


def row(line: Line, reader: Reader) -> Row:
    """A return in a list."""
    return Row(
        url=return_url(line.id),
        title=line.number,
        text=reader.t("warehouse.goods", n=line.units, goods=line.goods),
        meta=reader.datetime(line.handed_over_at or line.changed_at),
        state=reader.t(f"warehouse.state.{_how(line)}"),
        tone="wrong" if line.doubt else "waiting" if line.handed_over_at else _TONES[line.state],
    )


def _how(line: Line) -> str:
    """How far it is, as far as the warehouse can tell: what it has to look for first of all."""
    return "missing" if line.doubt else "handed_over" if line.handed_over_at else line.state


def going(of: GoesBack, reader: Reader) -> GoingView:
    """What goes back to a customer, in the reader's words."""
    names = [reader.t("warehouse.going.instead", name=one.name) if is_another(one) else one.name for one in of.units]
    goods = reader.t("warehouse.goods", n=len(names), goods="、".join(dict.fromkeys(names)))
    if of.asked_at:
        asked = reader.t("warehouse.going.no_address", since=of.asked_at)
        return GoingView(reference=of.reference, goods=goods, parcel=asked)
    if of.carrier is None or of.number is None:
        return GoingView(reference=of.reference, goods=goods, parcel=reader.t("warehouse.going.by_hand"))
    parcel = reader.t("warehouse.going.parcel", carrier=of.carrier, number=of.number)
    return GoingView(reference=of.reference, goods=goods, parcel=parcel)


def stray(of: StrayParcel, reader: Reader) -> StrayView:
    """A parcel that was put aside, in the reader's words."""
    return StrayView(
        id=of.id,
        scanned=of.scanned,
        why=reader.t(f"warehouse.stray.{of.what}"),
        note=of.note,
        place=of.place,
        when=reader.datetime(of.found_at),
    )


def return_view(of: Shown, reader: Reader) -> ReturnView:
    """A return, in the reader's words."""
    t = reader.t
    facts = [(t("returns.fact.reason"), t(f"returns.reason.{of.reason}"))]
    if of.condition:
        facts.append((t("returns.fact.condition"), t(f"returns.condition.{of.condition}")))
    return ReturnView(
        id=of.id,
        number=of.number,
        url=return_url(of.id),
        state=t(f"warehouse.state.{of.state}"),
        facts=facts,
        units=[_unit(of, unit, reader) for unit in of.units],
    )


def is_to_be_looked_at(unit: Unit) -> bool:
    """Whether it is here and nobody has looked at it."""
    return unit.reception is Reception.RECEIVED and unit.inspected_at is None


def is_another(unit: Unit) -> bool:
    """Whether something else lies here in its place, which photos show."""
    return unit.reception is Reception.WRONG_ITEM


def _unit(of: Shown, unit: Unit, reader: Reader) -> UnitView:
    looked_at = unit.reception is Reception.RECEIVED and unit.inspected_at is not None
    key = f"warehouse.acceptance.{unit.acceptance}" if looked_at else f"warehouse.reception.{unit.reception}"
    return UnitView(
        id=unit.id,
        name=_called(of, unit, reader),
        sku=unit.sku,
        state=reader.t(key, percent=unit.given),
        tone=_tone(unit),
        expected=unit in expected(of.units),
        waits=is_to_be_looked_at(unit),
        url=unit_url(of.id, unit.id) if is_to_be_looked_at(unit) or is_another(unit) else "",
    )


def _called(of: Shown, unit: Unit, reader: Reader) -> str:
    """Its name; of several that are alike, which one."""
    alike = [one.id for one in of.units if one.line_ref == unit.line_ref]
    if len(alike) == 1:
        return unit.name
    return reader.t("warehouse.unit.of", name=unit.name, n=alike.index(unit.id) + 1, units=len(alike))


def _tone(unit: Unit) -> str:
    if unit.reception in {Reception.SHORT, Reception.WRONG_ITEM} or unit.acceptance is Acceptance.REJECTED:
        return "wrong"
    if unit.acceptance is Acceptance.MANUAL or is_to_be_looked_at(unit):
        return "waiting"
    return "done" if unit.inspected_at else "plain"
