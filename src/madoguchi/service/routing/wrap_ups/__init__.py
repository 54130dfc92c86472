"""Wrap-ups: what an associate notes at the end, and what is promised to the customer until when."""
