"""Goodwill: what staff give beyond the rules, as credit, within limits by role, case, customer and day.

Above one's own limits somebody else must agree. Registers goodwill.grant.
"""
