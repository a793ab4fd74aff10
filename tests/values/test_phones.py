import pytest

from mostrador.values import phones, text


@pytest.mark.parametrize("typed", ["0981 123 456", "+595 981 123456", "(0981) 123-456", "595981123456"])
def test_every_way_of_writing_is_one_number(typed):
    assert phones.normalised(typed, "PY") == "+595981123456"


@pytest.mark.parametrize("typed", ["123", "no phone", "+1 555", "0981 123 45", ""])
def test_what_is_no_number_is_refused_with_its_value(typed):
    with pytest.raises(phones.BadPhone) as refused:
        phones.normalised(typed, "PY")

    assert refused.value.facts["value"] == typed


def test_folding_drops_accents_case_and_the_key_separator():
    assert text.folded("  Ñandutí #1   LÓPEZ ") == "nanduti 1 lopez"
