"""The counter: what customers see. Home, orders, chat (also inside shops' pages), cases, messages, and who one is.

Handlers only read the form, call a verb or an action, and choose a page; what may be done is decided below.
"""

from madoguchi.front.counter.routes import ROUTES

__all__ = ["ROUTES"]
