"""Parcels in which something comes back, and what carriers and senders tell of them."""
