"""Who may see and do what: actors, roles, identity levels, and the one policy function.

Called by every verb and every door. `can` decides; row-level security in the database is the second wall.
"""
