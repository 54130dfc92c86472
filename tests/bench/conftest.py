"""The program that the loads are tried on."""

from tests.web import site as site
from tests.web import world_template as world_template
