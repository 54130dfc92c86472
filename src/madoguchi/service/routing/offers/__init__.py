"""Offers: one associate is asked to take one item, for half a minute; then the next one is asked."""
