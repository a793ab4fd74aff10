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


SAME = [
    ("PY", "+595981123456", "0981 123 456", "595981123456", "+595 0981 123456", "00595981123456", "981123456"),
    ("AR", "+5491123456789", "011 15-2345-6789", "+54 9 11 2345 6789", "5491123456789", "11 15 2345 6789"),
    ("AR", "+5491123456789", "+54 11 15 2345 6789", "+54 9 11 15 2345-6789", "54111523456789"),
    ("AR", "+5492234567890", "0223 15 456-7890", "223 15 4567890", "+54 9 223 456 7890"),
    ("MX", "+525512345678", "55 1234 5678", "+52 1 55 1234 5678", "5215512345678", "044 55 1234 5678"),
    ("MX", "+525512345678", "045 55 1234 5678", "1 55 1234 5678", "525512345678", "+52 55 1234 5678"),
    ("BR", "+5511987654321", "(11) 98765-4321", "11 8765-4321", "+55 11 8765 4321", "551187654321"),
    ("BR", "+5511987654321", "011 8765-4321", "5511987654321", "+5511987654321"),
]


@pytest.mark.parametrize(("country", "e164", "typed"), [(c, e, one) for c, e, *ways in SAME for one in ways])
def test_a_mobile_is_one_number_in_every_way_of_its_country(country, e164, typed):
    assert phones.normalised(typed, country) == e164


@pytest.mark.parametrize(
    ("typed", "e164"),
    [
        ("5491123456789", "+5491123456789"),
        ("5215512345678", "+525512345678"),
        ("551187654321", "+5511987654321"),
        ("59899123456", "+59899123456"),
        ("+5215512345678", "+525512345678"),
    ],
)
def test_a_foreign_number_as_whatsapp_writes_it_needs_no_plus(typed, e164):
    assert phones.normalised(typed, "PY") == e164


@pytest.mark.parametrize(
    ("typed", "country"),
    [
        ("15 2345 6789", "AR"),  # nobody knows the area
        ("21 12345", "PY"),  # too short for a number without its plus: a slip, not South Sudan
        ("+52 2 55 1234 5678", "MX"),
        ("11 5765-432", "BR"),
        ("1 8765-4321", "BR"),
        ("8765-4321", "BR"),
        ("0049 30", "PY"),
    ],
)
def test_a_slip_is_not_read_as_another_number(typed, country):
    with pytest.raises(phones.BadPhone):
        phones.normalised(typed, country)


def test_landlines_stay_as_they_are():
    assert phones.normalised("11 3234-5678", "BR") == "+551132345678"
    assert phones.normalised("021 123 456", "PY") == "+59521123456"


def test_only_argentina_has_two_forms_of_one_number():
    assert phones.forms("+5491123456789") == ("+5491123456789", "+541123456789")
    assert phones.forms("+541123456789") == ("+541123456789", "+5491123456789")
    assert phones.forms("+595981123456") == ("+595981123456",)
    assert {phones.common_digits(form) for form in phones.forms("+541123456789")} == {"1123456789"}


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("Łukasz Wałęsa", "lukasz walesa"),
        ("Søren Kjær", "soren kjaer"),
        ("Đorđe Đurić", "dorde duric"),
        ("Þóra Ðalsdóttir", "thora dalsdottir"),
        ("Ħal Ŧemu Ɓala Ɗan Ƙano", "hal temu bala dan kano"),
        ("Işıl Əliyev Weiß Œuvre", "isil eliyev weiss oeuvre"),
        ("O’Higgins D´Elía María‑José", "o'higgins d'elia maria-jose"),
        ("Иван 山田 محمد", "иван 山田 محمد"),
    ],
)
def test_folding_gives_the_letters_of_a_keyboard(typed, plain):
    assert text.folded(typed) == plain
    assert text.folded(plain) == plain
