"""One-time codes: sent to an address that the shop knows, they prove whose it is."""
