"""How well one answers: counted from what happened, never kept."""

from datetime import timedelta
from typing import Any

import msgspec
from litestar import Response

from madoguchi.front.seller.views import span
from madoguchi.front.ui.access import SELLERS, get
from madoguchi.front.ui.page import page
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.service.guarantee import queries as guarantee
from madoguchi.service.sellers import queries
from madoguchi.service.sellers.rules import OVER, Figures


class RatingView(msgspec.Struct, frozen=True):
    """One customer's rating, in words."""

    stars: str
    comment: str
    day: str


class FiguresView(msgspec.Struct, frozen=True, kw_only=True):
    """The figures as a ruled list, the share of answers in time apart."""

    days: int
    share: int | None
    rows: list[tuple[str, str]]
    claims: list[tuple[str, str]]
    ratings: list[RatingView]


@get("/seller/figures", access=SELLERS)
async def show(services: Services, visitor: Visitor) -> Response[Any]:
    """Answers in time, what is open, what customers say."""
    reader = visitor.reader

    async def work(tx: Tx) -> FiguresView:
        figures = await queries.figures(tx, visitor.actor, tx.now - OVER)
        rated = await queries.ratings(tx, visitor.actor)
        claims = await guarantee.figures(tx, visitor.actor, tx.now - OVER)
        return FiguresView(
            days=OVER.days,
            share=figures.share,
            rows=_rows(figures, reader),
            claims=[
                (reader.t(f"seller.figure.{name}"), reader.number(getattr(claims, name)))
                for name in ("claims", "counted", "silent")
            ],
            ratings=[
                RatingView(reader.t(f"ui.rating.{one.stars}"), one.comment, reader.date(one.changed_at))
                for one in rated
            ],
        )

    found = await services.db.run(visitor.actor, work)
    return page(services, visitor, "seller/figures.html", "/seller/figures", figures=found)


def _rows(figures: Figures, reader: Reader) -> list[tuple[str, str]]:
    counted = ("in_time", "late", "missed", "waiting", "overdue", "ratings")
    rows = [(reader.t(f"seller.figure.{name}"), reader.number(getattr(figures, name))) for name in counted]
    if figures.usual_seconds is not None:
        usual = span(timedelta(seconds=figures.usual_seconds), reader)
        rows.append((reader.t("seller.figure.usual"), usual))
    if figures.stars is not None:
        rows.append((reader.t("seller.figure.stars"), reader.decimal(figures.stars)))
    return rows
