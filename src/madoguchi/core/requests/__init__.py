"""A customer's wish: quoted, confirmed, executed, settled. Root of all changes to orders and money.

Every door calls `verbs.quote` and `verbs.confirm`; the executor does the work outside. What goes beyond an actor's
limits waits for somebody else's approval. Leaves: requests.settled, requests.approval_asked.
"""
