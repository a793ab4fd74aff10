from datetime import timedelta

from mostrador.scheduling.rules.told_changes import Booked, facts

CUT = Booked("2026-12-01T12:00:00Z", "marta", "Marta", "", "cut", "Corte", "30", "25.00")
RESOURCE = {"resource_id": "marta", "resource_name": "Marta"}


def test_another_start_is_told_with_the_notice_that_was_left():
    told = facts(CUT, CUT._replace(starts_at="2026-12-01T13:00:00Z"), timedelta(hours=2))

    times = {"from": "2026-12-01T12:00:00Z", "to": "2026-12-01T13:00:00Z", "notice_minutes": "120"}
    assert told == times | RESOURCE


def test_a_move_after_the_start_has_less_than_no_notice():
    told = facts(CUT, CUT._replace(starts_at="2026-12-01T13:00:00Z"), timedelta(minutes=-5))

    assert told["notice_minutes"] == "-5"


def test_only_differences_are_told_besides_the_resource():
    assert facts(CUT, CUT, timedelta()) == RESOURCE
    told = facts(CUT, CUT._replace(service_id="color", service_name="Color", duration_minutes="60"), timedelta())
    assert told == RESOURCE | {
        "service_id": "color",
        "service_name": "Color",
        "duration_minutes": "60",
        "from_service_id": "cut",
        "from_service_name": "Corte",
        "from_duration_minutes": "30",
    }


def test_a_second_resource_that_comes_or_goes_has_one_side():
    assert facts(CUT, CUT._replace(second_resource_id="room"), timedelta()) == RESOURCE | {"second_resource_id": "room"}
    assert facts(CUT._replace(second_resource_id="room"), CUT, timedelta()) == RESOURCE | {
        "from_second_resource_id": "room"
    }
