"""Sellers: who sells on the shops' marketplaces, and the people who answer for them."""
