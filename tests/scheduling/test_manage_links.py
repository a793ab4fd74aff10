from datetime import timedelta

import pytest

from mostrador.scheduling import appointments, booking, manage_links
from mostrador.scheduling.views.appointments import NewAppointment
from tests.scheduling.test_public_booking import ANA, NINE


@pytest.fixture
def booked(haircut, now):
    wanted = NewAppointment(service_id=haircut.id, scheduled_at=NINE, customer_data=ANA)
    return booking.book("salon", wanted, actor_name="eva", key=None, now=now)


def dead(tenant, token, now):
    with pytest.raises(manage_links.DeadLink) as caught:
        manage_links.verify_token(tenant, token, now=now)
    return caught.value.code, str(caught.value), caught.value.facts


def test_a_token_leads_to_its_appointment_until_30_days_after_the_end(booked, now):
    token = manage_links.token("salon", booked.id)

    assert manage_links.verify_token("salon", token, now=booked.ends_at + timedelta(days=30)).id == booked.id
    dead("salon", token, booked.ends_at + timedelta(days=30, seconds=1))


def test_whatever_is_wrong_with_a_token_the_answer_is_the_same(booked, clinic, now):
    name, signature = manage_links.token("salon", booked.id).split(".")
    forged = f"{name}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    other = f"{'0' * 32}.{signature}"
    nobodys = manage_links.token("salon", "0" * 32)

    wrong = [dead("salon", token, now) for token in (forged, other, nobodys, name, "", ".", "ñ", "\udcff", "x" * 3000)]
    foreign = dead("clinic", manage_links.token("salon", booked.id), now)

    assert {str(one) for one in wrong} == {str(foreign)}


def test_a_deleted_appointments_link_is_dead(booked, now):
    appointments.delete("salon", booked.id, seen=None, now=now)

    dead("salon", manage_links.token("salon", booked.id), now)


def test_a_token_fits_a_message_and_a_url(booked):
    token = manage_links.token("salon", booked.id)

    assert len(token) < 80
    assert all(letter.isalnum() or letter in "._-" for letter in token)
    assert token[-1].isalnum()
