"""The demo: for whoever tries the product. Whom to be, a shop's page with the widget, the development mail box.

Exists only in demo mode and says so on every page; app.py leaves it out everywhere else.
"""

from madoguchi.front.demo import look, mailbox, people, shop

ROUTES = [*people.ROUTES, *shop.ROUTES, *mailbox.ROUTES, *look.ROUTES]

__all__ = ["ROUTES"]
