"""Rules as data, and the pure functions that apply them. A rule pack belongs to a store; nothing here is typed twice.

Called by the service rooms when they draft a change. What was decided is kept with the request.
"""
