"""Channels: one adapter per way in which customers and the shop reach each other."""
