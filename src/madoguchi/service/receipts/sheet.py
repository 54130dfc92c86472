"""A document in its reader's words, as the page and the PDF show it. Pure."""

from collections.abc import Iterator
from datetime import date

import msgspec

from madoguchi.core.actions.fields import words
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money
from madoguchi.service.receipts.names import salutation, seal
from madoguchi.service.receipts.queries import Issued
from madoguchi.service.receipts.rules import Document, Item, Kind

_STAMPED_FROM = 50_000  # yen on paper; what is sent as data needs no revenue stamp


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """All words of a document.

    Facts are (label, text), and one without a label goes on with the one above; items (name, quantity, rate, amount);
    rates (rate, amount, tax). `original` is the title in the issuer's own language where this is a translation; `again`
    marks another issue.
    """

    title: str
    subtitle: str
    original: str
    again: str
    number: tuple[str, str]
    issued: tuple[str, str]
    to: str
    amount: tuple[str, str]
    note: str
    declared: str
    issuer: str
    seal: str
    address: str
    registration: str
    facts: tuple[tuple[str, str], ...]
    columns: tuple[str, str, str, str]
    items: tuple[tuple[str, str, str, str], ...]
    total: str
    rate_columns: tuple[str, str, str]
    rates: tuple[tuple[str, str, str], ...]
    remarks: tuple[str, ...]


def file_name(issued: Issued, reader: Reader) -> str:
    """What a file of it is called."""
    return f"{reader.t(f'receipts.title.{issued.kind}')}_{issued.number}.pdf"


def sheet(issued: Issued, lang: str) -> Sheet:
    """The document in a language; its days are those of the issuer's zone."""
    said = issued.said
    reader, own = Reader(lang, said.zone), Reader(said.lang, said.zone)
    t, title = reader.t, f"receipts.title.{said.kind}"
    return Sheet(
        title=t(title),
        subtitle=t(f"receipts.qualified.{said.kind}") if said.registration else "",
        original=own.t(title) if own.lang != reader.lang else "",
        again=t("receipts.again") if said.replaces else "",
        number=(t("receipts.number"), issued.number),
        issued=(t("receipts.issued"), _day(issued.issued_at, reader)),
        to=t(salutation(said.addressee), name=said.addressee),
        amount=(t(f"receipts.amount.{said.kind}"), reader.money(said.total)),
        note=t("receipts.for", note=said.note) if said.kind is Kind.RECEIPT else "",
        declared=t(f"receipts.declared.{said.kind}"),
        issuer=said.issuer,
        seal=seal(said.issuer) if said.lang == "ja" else "",
        address=said.address,
        registration=t("receipts.registration", number=said.registration) if said.registration else "",
        facts=tuple(_facts(said, reader)),
        columns=(t("receipts.item"), t("receipts.quantity"), t("receipts.rate"), t("receipts.amount")),
        items=tuple(_row(item, said, reader) for item in said.items),
        total=t("receipts.total"),
        rate_columns=(t("receipts.by_rate"), t("receipts.taxed"), t("receipts.tax")),
        rates=tuple(
            (_rate(part.rate, said, reader), reader.money(part.amount), reader.money(part.tax))
            for part in said.rates
            if said.standard
        ),
        remarks=tuple(_remarks(said, reader)),
    )


def _facts(said: Document, reader: Reader) -> Iterator[tuple[str, str]]:
    t = reader.t
    yield t("receipts.order"), said.order_ref
    yield t("receipts.ordered"), _day(said.ordered_at, reader)
    if said.kind is Kind.CREDIT_NOTE:
        for at, (day, amount) in enumerate(_by_day(said, reader).items()):
            yield "" if at else t("receipts.given_back"), t("receipts.on_day", day=reader.full_date(day), amount=amount)
        return
    for at, part in enumerate(said.paid):
        yield "" if at else t("receipts.paid_by"), t("receipts.paid", label=part.label, amount=part.amount)


def _by_day(said: Document, reader: Reader) -> dict[date, Money]:
    found: dict[date, Money] = {}
    for part in said.returns:
        day = reader.local_day(part.at)
        found[day] = found[day] + part.amount if day in found else part.amount
    return found


def _row(item: Item, said: Document, reader: Reader) -> tuple[str, str, str, str]:
    name = words(item.name, reader)
    if item.rate in said.reduced:
        name = reader.t("receipts.reduced", name=name)
    return name, reader.number(item.quantity), _rate(item.rate, said, reader), reader.money(item.amount)


def _rate(rate: int, said: Document, reader: Reader) -> str:
    if rate:
        return reader.t("receipts.percent", rate=rate)
    return reader.t("receipts.untaxed") if said.standard else ""


def _remarks(said: Document, reader: Reader) -> Iterator[str]:
    t = reader.t
    for rate in said.reduced:
        yield t("receipts.legend", rate=rate)
    if said.standard:
        yield t("receipts.rounded")
    if said.replaces:
        yield t("receipts.replaces", number=said.replaces)
    if said.kind is Kind.RECEIPT and said.returned:
        yield t("receipts.returned", amount=said.returned)
    if said.kind is Kind.RECEIPT and said.total.currency == "JPY" and said.total.amount >= _STAMPED_FROM:
        yield t("receipts.unstamped")


def _day(at: date, reader: Reader) -> str:
    return reader.full_date(reader.local_day(at))
