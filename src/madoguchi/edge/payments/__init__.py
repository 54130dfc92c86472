"""Payments: one adapter per payment provider, each implementing service.refunds.port."""
