"""Rules as data, and the pure functions that apply them. A rule pack belongs to a store; nothing here is typed twice.

`queries.rules_of` is the only way to a shop's rules, `rules.decide` applies them, `verbs.record` keeps what they said.
Called by the rooms that draft changes, and by the office where people read and edit rules.
"""
