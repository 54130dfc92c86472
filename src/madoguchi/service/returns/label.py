"""The slip that goes with the goods on their way back: our address, the number as codes, what is in the parcel.

It is ours and not a carrier's: it tells the warehouse what has come, and the customer what to write on the carrier's
form.
"""

from collections import Counter
from pathlib import Path
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Subject, Unrelated, why_not
from madoguchi.core.actions.rules import DocumentCard, Paper, Refusal, Said
from madoguchi.core.people.queries import access_customer, store
from madoguchi.core.policy.pack import Method
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.codes import Marks, code128, qr
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.kit.pdf import Layout, Title, printed
from madoguchi.service.returns import queries
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import COMING, ReturnState

_LAYOUT = Layout(Path(__file__).with_name("label.typ"))
_TO_BE_SENT = frozenset({ReturnState.APPROVED, ReturnState.IN_TRANSIT})


class ShowLabel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which return."""

    return_id: UUID


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """All that stands on the slip; facts are (label, text), items (name, how many)."""

    title: str
    number: tuple[str, str]
    square: Marks
    bars: Marks
    to: tuple[str, str]
    address: str
    sender: tuple[str, str]
    postage: str
    postage_notes: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    columns: tuple[str, str]
    items: tuple[tuple[str, str], ...]
    steps_title: str
    steps: tuple[str, ...]


class Printable(msgspec.Struct, frozen=True):
    """A slip, and what the document is called."""

    label: Label
    title: Title


async def give(tx: Tx, actor: Actor, wanted: ShowLabel) -> DocumentCard:
    """The slip once more; Refused as in `label`."""
    found = await _to_be_sent(tx, actor, wanted.return_id)
    shop = await store(tx, found.store_id)
    issuer = (await rules_of(tx, found.store_id)).receipts.issuer or shop.name
    return DocumentCard(
        id=found.id,
        number=found.number or "",
        title=Said("returns.label.title"),
        addressee=Reader(shop.locale).t("returns.label.desk", shop=issuer),
        lang=shop.locale,
        paper=Paper.RETURN_SLIP,
    )


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether something is still to be sent."""
    return await why_not(_to_be_sent(tx, actor, subject.id))


async def label(tx: Tx, actor: Actor, return_id: UUID, lang: str) -> Printable:
    """The slip of a return in a language; Refused("return_no_label") where nothing is to be sent any more."""
    found = await _to_be_sent(tx, actor, return_id)
    assert found.number
    shop = await store(tx, found.store_id)
    issuer = (await rules_of(tx, found.store_id)).receipts
    reader = Reader(lang, shop.time_zone)
    units = Counter(unit.name for unit in await queries.units_of(tx, return_id) if unit.reception in COMING)
    t, name = reader.t, issuer.issuer or shop.name
    title = t("returns.label.title")
    words = Label(
        title=title,
        number=(t("returns.label.number"), found.number),
        square=qr(found.number),
        bars=code128(found.number),
        to=(t("returns.label.to"), t("returns.label.desk", shop=name)),
        address=issuer.address or "",
        sender=(t("returns.label.from"), await _sender(tx, actor, found)),
        postage=t(f"returns.label.postage.{_postage(found)}"),
        postage_notes=(t(f"returns.label.paid.{_paid(found)}"), t(f"returns.label.form.{_method(found)}")),
        facts=(
            (t(f"returns.label.{'gift' if found.gift_id else 'order'}"), found.called),
            (t("returns.label.until"), reader.date(found.send_until)),
        ),
        columns=(t("returns.label.goods"), t("returns.label.units")),
        items=tuple((name, str(count)) for name, count in units.items()),
        steps_title=t("returns.label.steps"),
        steps=tuple(t(f"returns.label.step.{step}") for step in _steps(found)),
    )
    made_at = found.agreed_at or found.made_at
    return Printable(words, Title(title=f"{title} {found.number}", author=name, made_at=made_at, lang=lang))


async def pdf(of: Printable) -> bytes:
    """The slip as PDF; the same slip gives the same bytes."""
    return await printed(_LAYOUT, of.label, of.title)


async def _to_be_sent(tx: Tx, actor: Actor, return_id: UUID) -> Return:
    found = await queries.access_return(tx, actor, return_id)
    if found.number is None or found.state not in _TO_BE_SENT:
        raise Unrelated("return_no_label", 409)
    return found


async def _sender(tx: Tx, actor: Actor, of: Return) -> str:
    """Who sends it: whoever the order was sent to, or who got it as a present by their own name."""
    if of.gift_id:
        return (await access_customer(tx, actor, of.customer_id)).name
    return (await access_order(tx, actor, of.order_id)).document.address.name


def _postage(of: Return) -> str:
    """Who pays the carrier; what is taken off afterwards is paid by us first."""
    return "yours" if of.method is Method.OWN else "ours"


def _paid(of: Return) -> str:
    """The same in the end."""
    return "taken_off" if of.postage else _postage(of)


def _method(of: Return) -> Method:
    return of.method or Method.LABEL


def _steps(of: Return) -> tuple[str, ...]:
    return "pack", "enclose", f"send.{_method(of)}"
