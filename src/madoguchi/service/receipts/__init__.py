"""Receipts and invoices: what was received, by tax rate, and what was given back; each issue is kept as it was.

Registers order.receipt. An order that was paid has as many receipts as are asked for, all but the first marked, and
credit notes once something was given back; `sheet` puts them into words, `printing` makes the PDF.
"""
