"""Stores: one adapter per kind of shop, each implementing core.shop.port."""
