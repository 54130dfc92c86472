"""The warehouse and the carriers of a living shop: what the clock does, and what they say to what they were asked."""
