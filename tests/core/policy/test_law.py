"""Every clause of a law that can decide is told in plain words, in every language."""

import pytest

from madoguchi.core.policy.floors import Clause, clause_named, laws
from madoguchi.core.policy.law import told
from madoguchi.kit import i18n
from madoguchi.kit.i18n import Reader

CLAUSES = [clause for law in laws() for clause in law.clause]


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.id)
def test_a_clause_is_told_with_its_law_and_its_number(clause: Clause) -> None:
    of = told(clause.id)
    assert of.rule == clause.id
    for lang in i18n.LANGUAGES:
        sentence = Reader(lang).t(of.key, **i18n.unpack(of.parameters))
        assert clause.law in sentence
        if isinstance(clause.value, int) and not isinstance(clause.value, bool):
            assert Reader(lang).number(clause.value) in sentence.replace(clause.law, "")


def test_which_goods_a_law_leaves_out_is_told_by_name() -> None:
    of = told("eu.withdrawal_exceptions")
    assert "生鮮品" in Reader("ja").t(of.key, **i18n.unpack(of.parameters))


def test_a_clause_that_nobody_wrote_is_none() -> None:
    with pytest.raises(LookupError):
        clause_named("xx.nothing")
