"""The office: where administrators read and change what the shop goes by. Today its rules.

Every page works as plain forms and links. What is edited is kept as a draft, previewed, then saved as a version.
"""

from typing import Any

from madoguchi.front.office import drafts, editing, eligible, present, versions

ROUTES: list[Any] = [
    present.show_office,
    present.show_rules,
    eligible.show_returns,
    editing.show_form,
    editing.keep,
    drafts.show_draft,
    drafts.show_decision,
    drafts.carry_over,
    drafts.throw_away,
    versions.save,
    versions.show_history,
    versions.show_version,
    versions.take_again,
]
