"""Addresses of pages that more than one door leads to."""

from urllib.parse import quote
from uuid import UUID

from madoguchi.core.actions.fields import About, Subject, opened
from madoguchi.core.requests.queries import Request, RequestState

RETURN = "order.return"  # has screens of its own
RETURNS = frozenset({RETURN, "gift.return"})


def thing_url(subject: Subject) -> str:
    """Where the thing is that an action is about."""
    match subject.about:
        case About.ORDER | About.PARCEL:
            return f"/orders/{subject.id}"
        case About.SUBSCRIPTION:
            return "/subscriptions"
        case About.CUSTOMER:
            return "/"
        case About.CASE:
            return f"/chat/{subject.id}"
        case About.RETURN:
            return f"/returns/{subject.id}"
        case About.GIFT:
            return "/gifts"


def action_url(action: str, subject: Subject) -> str:
    """Where an action on a thing is filled in: by customers on a page of its own, what is about a case at the desk."""
    ref = quote(subject.ref, safe="")
    match subject.about:
        case About.ORDER if action == RETURN:
            return f"/orders/{subject.id}/return"
        case About.ORDER:
            return f"/orders/{subject.id}/actions/{action}"
        case About.PARCEL:
            return f"/orders/{subject.id}/parcels/{ref}/actions/{action}"
        case About.SUBSCRIPTION:
            return f"/subscriptions/{ref}/actions/{action}"
        case About.CUSTOMER:
            return f"/me/actions/{action}"
        case About.CASE:
            return f"/desk/cases/{subject.id}?pane=customer"
        case About.RETURN:
            return f"/returns/{subject.id}/actions/{action}"
        case About.GIFT:
            return f"/gifts/{subject.id}/actions/{action}"


def outcome_url(request: Request) -> str:
    """Where it is told what became of a wish: a return that stands has a page of its own."""
    if request.action in RETURNS and request.state is RequestState.DONE:
        return f"/returns/{request.id}"
    return f"/requests/{request.id}"


def option_url(option: str, case_id: UUID) -> str:
    """The page that a button in a chat opens, which tells the chat how it ended; "" for one that is an answer."""
    found = opened(option)
    return f"{action_url(*found)}?chat={case_id}" if found else ""
