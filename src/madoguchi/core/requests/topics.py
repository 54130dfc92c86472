"""What those listen to who wait: for a request, or for something to decide."""

from uuid import UUID

APPROVALS = "approvals"  # what those listen to who may approve


def topic(request_id: UUID) -> str:
    """What those listen to who wait for a request."""
    return f"request:{request_id}"
