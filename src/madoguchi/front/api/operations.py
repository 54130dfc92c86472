"""Every operation of API v1, in the order of its documentation."""

from litestar.handlers import HTTPRouteHandler

from madoguchi.front.api import (
    actions,
    after_sales,
    cases,
    chats,
    customer,
    events,
    gifts,
    messages,
    orders,
    photos,
    quotes,
    receipts,
    sessions,
    webhooks,
)

OPERATIONS: list[HTTPRouteHandler] = [
    *sessions.ROUTES,
    *chats.ROUTES,
    *events.ROUTES,
    *orders.ROUTES,
    *receipts.ROUTES,
    *after_sales.ROUTES,
    *gifts.ROUTES,
    *customer.ROUTES,
    *photos.ROUTES,
    *quotes.ROUTES,
    *actions.ROUTES,
    *cases.ROUTES,
    *messages.ROUTES,
    *webhooks.ROUTES,
]
