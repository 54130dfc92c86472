"""Tools with no business in them: clock, ids, money, database, events, jobs, live wake-ups, texts, security.

Everything above may import from here; nothing here knows a customer, an order or a case.
"""
