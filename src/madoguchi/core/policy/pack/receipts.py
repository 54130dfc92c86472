"""Receipts and invoices. Pure."""

from madoguchi.core.policy.pack.common import Line, Part, Percent, Registration


class ReceiptRules(Part, frozen=True, kw_only=True):
    """Receipts and invoices. `registration` is the T number of a qualified issuer."""

    issuer: Line
    address: Line | None = None
    registration: Registration | None = None
    note: Line  # 但し書き unless the customer gives another
    tax_rates: tuple[Percent, ...]
    reissue_marked: bool
