"""Cases: thin threads with a timeline numbered 1…n, and the contacts (chats, mails, calls) that are episodes of them.

All writing goes through `verbs.append`. Called by every room that tells a customer something. A reader sees only
the entries of their audience, so holes are normal and catching up is `seq > n`.
Leaves: cases.opened, cases.resumed, cases.closed.
"""
