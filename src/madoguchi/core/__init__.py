"""Nouns that all rooms share: people, access, the shop's mirror, cases, the action catalogue, requests, the ledger."""
