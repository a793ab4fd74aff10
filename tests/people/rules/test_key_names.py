import pytest

from mostrador.people.rules.key_names import looks_like_a_person, looks_like_us, shape

TEAM = ["eva.lopez@salon.example", "info@salon.example"]
OURS = [
    "Mostrador",
    "mostrador sync",
    "M O S T R A D O R",
    "M0strad0r",
    "Моѕtrаdor",
    "ＭＯＳＴＲＡＤＯＲ",
    "Móstrador S.A.",
    "Soporte",
    "s0porte técnico",
    "Sоpоrte",
    "Support",
    "public",
    "Público",
    "SYSTEM",
    "system.",
    "Admin",
    "ѕуѕtеm",
    "bancard",
    "rnostrador",
]
PEOPLE = [
    "eva.lopez@salon.example",
    "otra@mail.example",
    "ana＠salon.example",
    "Eva López",
    "EVA LOPEZ",
    "evalopez",
    "Info",
]
HONEST = [
    "Integración web",
    "Sitio del salón",
    "Zapier",
    "Google Sheets",
    "Contabilidad",
    "ERP 2026",
    "Publicidad",
    "Evaristo",
]


@pytest.mark.parametrize("name", OURS)
def test_a_name_that_looks_like_ours_is_seen_whatever_its_letters(name):
    assert looks_like_us(name)


@pytest.mark.parametrize("name", PEOPLE)
def test_a_name_that_looks_like_a_person_is_seen(name):
    assert looks_like_a_person(name, TEAM)


@pytest.mark.parametrize("name", HONEST)
def test_a_program_has_the_name_that_it_likes(name):
    assert not looks_like_us(name)
    assert not looks_like_a_person(name, TEAM)


def test_the_red_control_a_plain_comparison_sees_little():
    assert sum(name.casefold() in ("mostrador", "soporte", "support") for name in OURS) < 4


def test_the_shape_forgets_case_accents_spaces_and_signs():
    assert shape("M0strádor  S.A.") == "mostradorsa"
