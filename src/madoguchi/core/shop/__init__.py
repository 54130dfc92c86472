"""The shop behind us: the store port, and our mirror of its orders.

The store stays master. The mirror holds its facts only, each order with the store's version; what is entitled,
reserved or refunded stands in core.ledger. Adapters live in edge/stores. Leaves no events of its own.
"""
