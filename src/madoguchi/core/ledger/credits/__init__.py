"""Credits: what the shop gives beyond what was paid. Set aside, then given once or let go; no tender covers it."""
