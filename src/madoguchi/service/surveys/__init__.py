"""Surveys: one tap after a conversation has ended, then an optional word; changeable for a week.

Doors call `verbs.answer` (or the action survey.answer) and `queries.survey_of`. Reacts to: cases.closed.
"""
