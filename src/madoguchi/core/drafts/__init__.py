"""Drafts: what a customer has filled in so far about an order, to be gone on with anywhere. Swept after a while."""
