"""Who may see and do what: actors, roles, identity levels, and what they allow.

Called by every verb and every door. `rules.allowed` says who may do something, `Actor.may_see` whose things are
shown; row-level security in the database is the second wall.
"""
