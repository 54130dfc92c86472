"""The door for programs: public API v1. Typed, stable, told by its OpenAPI document at /api/docs.

Structs of its own stand between what is inside and what is promised outside. Bearer tokens only: no cookie counts.
"""

from madoguchi.front.api.routing import ROUTES

__all__ = ["ROUTES"]
