import pytest

from mostrador.values import tax_ids


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("80028061-0", "80028061-0"),
        ("80.028.061-0", "80028061-0"),
        (" 80028061 - 0 ", "80028061-0"),
        ("800280610", "80028061-0"),
    ],
)
def test_a_ruc_is_written_in_one_way(typed, written):
    assert tax_ids.ruc(typed) == written


@pytest.mark.parametrize("typed", ["80028061-1", "80082061-0", "80028061", "", "-0", "123456789-1", "8002806١-0", "x"])
def test_what_is_mistyped_is_refused_with_its_value(typed):
    with pytest.raises(tax_ids.BadTaxId) as refused:
        tax_ids.ruc(typed)

    assert refused.value.facts == {"field": "body.organiser_tax_id", "value": typed}


@pytest.mark.parametrize(
    ("base", "digit"),
    # Worked out by hand: the weights go on to 9 for eight digits; a remainder of 0 or 1 gives 0; A counts as 65.
    [("80028061", 0), ("1", 9), ("12345678", 9), ("6", 0), ("123A", 0), ("12B", 1)],
)
def test_the_check_digit_is_modulus_eleven_with_weights_that_do_not_stop_at_seven(base, digit):
    assert tax_ids.check_digit(base) == digit
