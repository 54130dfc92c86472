"""Returns: what comes back, in which parcel, in what state, and what is given for it.

Customers open them by actions; carriers' news come in by `parcels.verbs.tracked`, the warehouse's findings by
`inspecting`. Money moves by the system's `return.settle`. Leaves: returns.opened, returns.moved, people.news.
"""
