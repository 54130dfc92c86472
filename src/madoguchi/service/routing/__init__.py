"""The way to a person: who waits, in which order, who is there, who is offered what, and how it ended.

Doors call `verbs` and `queries` (and the actions service.human, service.wait, service.stay_with_bot); inside,
`items`, `offers`, `presence` and `wrap_ups` keep one table each. Two sweepers let offers run out and silent
conversations park and end. Reacts to: cases.resumed, cases.closed. Wakes: `queue:all`, `person:<staff id>`.
Everything locks in one order: an associate's presence, the item, the case, and last of all the dealing of offers.
"""
