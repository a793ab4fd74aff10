from enum import StrEnum

import pytest

from mostrador.values.state_machine import StateMachine, WrongState


class Light(StrEnum):
    RED = "RED"
    GREEN = "GREEN"
    OFF = "OFF"


class WrongLight(WrongState):
    code = "wrong_light"
    en = "a light that is {current} cannot become {wanted}"
    es = "una luz en estado {current} no puede pasar a {wanted}"


MOVES = StateMachine({Light.RED: {Light.GREEN, Light.OFF}, Light.GREEN: {Light.RED}}, WrongLight)


def test_only_the_moves_of_the_table_are_allowed():
    allowed = {(one, other) for one in Light for other in Light if MOVES.allows(one, other)}

    assert allowed == {("RED", "GREEN"), ("RED", "OFF"), ("GREEN", "RED")}


def test_the_stored_text_of_a_state_counts_as_the_state():
    MOVES.check("RED", Light.GREEN)

    assert MOVES.following("RED") == {Light.GREEN, Light.OFF}


def test_every_other_move_is_refused_in_the_domains_words():
    with pytest.raises(WrongLight) as refused:
        MOVES.check("GREEN", Light.OFF)

    assert refused.value.facts == {"current": "GREEN", "wanted": "OFF"}
    assert refused.value.says("es") == "una luz en estado GREEN no puede pasar a OFF"


def test_a_state_without_an_entry_is_final():
    assert MOVES.following(Light.OFF) == frozenset()
    with pytest.raises(WrongLight):
        MOVES.check(Light.OFF, Light.RED)
