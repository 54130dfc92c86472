"""Ratings, and the figures that tell how well a seller answers. Pure."""

from datetime import datetime, timedelta

import msgspec

STARS = range(1, 6)
COMMENT_LIMIT = 500  # characters
OVER = timedelta(days=90)  # what figures look back on


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """How a seller answered what was asked in a time; `usual_seconds` is how long the middle answer took.

    `late` answers came after their deadline, `missed` ones not at all.
    """

    in_time: int
    late: int
    missed: int
    waiting: int
    overdue: int
    usual_seconds: int | None
    ratings: int
    stars: float | None

    @property
    def due(self) -> int:
        """How many answers were due by now."""
        return self.in_time + self.late + self.missed + self.overdue

    @property
    def share(self) -> int | None:
        """How many of a hundred answers came in time; None when none was due."""
        return round(100 * self.in_time / self.due) if self.due else None


class Rating(msgspec.Struct, frozen=True):
    """What a customer thinks of how an order was handled."""

    stars: int
    comment: str
    changed_at: datetime
