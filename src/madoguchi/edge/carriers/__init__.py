"""Carriers: one adapter per carrier, each implementing core.carriers.port."""
