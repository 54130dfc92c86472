"""The desk: one screen on which associates see who waits, talk with a customer, and do what the rules allow.

Every page works as plain forms and links; `panels` are its parts, fetched again when something changed.
"""

from typing import Any

from madoguchi.front.desk import approvals, handing, offers, orders, pages, panels, refunds, sign_in, talk

ROUTES: list[Any] = [
    sign_in.show_sign_in,
    sign_in.sign_in,
    sign_in.sign_out,
    pages.show_desk,
    pages.show_case,
    pages.show_quote,
    panels.inbox,
    panels.mine,
    panels.offer,
    panels.presence,
    panels.day,
    panels.approvals,
    panels.show_holding,
    panels.show_customer,
    offers.accept,
    offers.decline,
    offers.set_presence,
    offers.heartbeat,
    talk.write,
    talk.attach,
    talk.typing,
    talk.read,
    orders.ask,
    orders.confirm,
    orders.offer,
    handing.transfer,
    handing.park,
    handing.wrap_up,
    refunds.show,
    refunds.collect,
    refunds.export,
    refunds.paid,
    refunds.close,
    approvals.show,
    approvals.approve,
    returns.show,
    returns.review,
    returns.photo,
    approvals.decline,
    approvals.take_back,
]
