"""Talking: what a customer or an associate writes, presses, sends or shows, cleaned, and numbered once."""
