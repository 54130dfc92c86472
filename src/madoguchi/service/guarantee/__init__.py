"""The guarantee: what a marketplace seller does not make good, the shop does; and what counts against the seller.

Customers claim it by actions, sellers answer by `answering.answer`, staff decide by an action that somebody else agrees
to, and `jobs.Keeper` keeps the clocks. Tells customers by people.news.
"""
