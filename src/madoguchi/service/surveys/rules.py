"""How long an answer is taken, and how much it may say. Pure."""

from datetime import timedelta

CHANGEABLE = timedelta(days=7)  # from the question on
RATINGS = range(1, 6)
COMMENT_LIMIT = 1_000  # characters
