"""Each step has its sentence in both languages."""

from mostrador.values.next_actions import FOR_VISITORS, TEXTS, NextAction
from mostrador.values.wording import Reader
from tests.support import spoken


def test_each_step_is_said_in_both_languages():
    assert set(TEXTS) == set(NextAction)
    assert set(FOR_VISITORS) | set(FOR_VISITORS.values()) <= set(NextAction)
    for spanish, english in TEXTS.values():
        said = [Reader().sentence(one, {"retry_after": 1433}) for one in (spanish, english)]
        assert spoken.faults(said[0]) == []
        assert all(one.endswith(".") and "{" not in one for one in said)
