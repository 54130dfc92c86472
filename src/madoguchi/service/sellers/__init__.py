"""Marketplace sellers: customers ask them and rate them; who does not answer in time is reminded, then told of.

Called by app.py (jobs), the catalogue (seller.ask, seller.facts, seller.rate) and the doors (figures).
"""
