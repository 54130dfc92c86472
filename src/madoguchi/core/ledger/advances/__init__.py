"""Advances: money paid back before it was sure that it was owed, and how it is called back when it was not.

A room that pays in advance says what is waited for (a parcel that may turn up, a return on its way) and until when.
Leaves: ledger.advance_due, ledger.advance_charged, people.news.
"""
