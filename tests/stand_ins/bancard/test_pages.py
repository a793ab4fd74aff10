"""What a payer sees at the stand-in, and what comes of what they choose."""

import re
from html.parser import HTMLParser
from urllib.parse import quote, urljoin

import pytest

from tests.stand_ins.conftest import PROCESS

PAGES = [
    "/checkout/new",
    "/checkout/zimple/new",
    "/checkout/preauthorization/new",
    "/checkout/charge_3ds/new",
    "/payment/single_buy",
]


class Page(HTMLParser):
    """The attributes of what is on a page: ``main``, the buttons' choices, links, and whatever loads something."""

    def __init__(self, text):
        super().__init__()
        self.main, self.choices, self.links, self.loaded = {}, [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "main":
            self.main = found
        if tag == "button":
            self.choices.append(found["data-choice"])
        if tag == "a":
            self.links.append(found["href"])
        self.loaded += [found[name] for name in ("src", "href", "action") if name in found and tag != "a"]


def opened(shop, process_id, path="/checkout/new"):
    return shop.call("GET", f"{path}?process_id={quote(process_id, safe='')}")


def chosen(shop, process_id, choice):
    return shop.call("POST", "/checkout/pay", {"process_id": process_id, "choice": choice})


@pytest.mark.parametrize("path", PAGES)
def test_a_page_shows_what_is_paid_and_sends_to_the_one_that_pays(shop, path):
    process_id = shop.buy(amount="150000.00").json["process_id"]

    answer = opened(shop, process_id, path)

    assert answer.status == 200
    assert "Turno 15:30" in answer.text
    assert "Gs. 150.000<" in answer.text
    page = Page(answer.text)
    assert page.main["data-process"] == process_id
    assert urljoin(shop.base + path, page.main["data-pay"]) == f"{shop.base}/checkout/pay"


def test_a_payer_chooses_among_six_ends(shop):
    page = Page(opened(shop, shop.buy().json["process_id"]).text)

    assert page.choices == ["approve", "decline", "decline_processed", "twice", "late", "never"]


def test_a_page_loads_nothing_from_anywhere(shop):
    answer = opened(shop, shop.buy().json["process_id"])

    assert Page(answer.text).loaded == []
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_what_a_shop_says_is_text_on_the_page(shop):
    process_id = shop.buy(description="<script>x</script>\"'").json["process_id"]

    answer = opened(shop, process_id)

    assert "&lt;script&gt;x&lt;/script&gt;&quot;&#x27;" in answer.text
    assert "<script>x" not in answer.text


def test_where_a_shop_cancels_to_is_text_on_the_page(shop):
    process_id = shop.buy(cancel_url='https://t1.example.py/"><b>').json["process_id"]

    assert "<b>" not in opened(shop, process_id).text


def test_a_payer_can_leave_without_paying(shop):
    page = Page(opened(shop, shop.buy().json["process_id"]).text)

    assert page.links == ["https://t1.example.py/pago/1/cancelado?status=payment_fail"]


@pytest.mark.parametrize("cancel_url", [None, ""])
def test_no_address_to_cancel_to_is_the_one_to_return_to(shop, cancel_url):
    page = Page(opened(shop, shop.buy(cancel_url=cancel_url).json["process_id"]).text)

    assert page.links == ["https://t1.example.py/pago/1?orden=7&status=payment_fail"]


@pytest.mark.parametrize("process_id", ["", "x" * 20, "../../etc", "x" * 3000])
@pytest.mark.parametrize("path", ["/checkout/new", "/checkout/register_card/new"])
def test_a_page_that_is_not_known_says_so(shop, path, process_id):
    answer = opened(shop, process_id, path)

    assert answer.status == 404
    assert "No existe esta compra" in answer.text


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("approve", "payment_success"),
        ("decline", "payment_fail"),
        ("decline_processed", "payment_fail"),
        ("twice", "payment_success"),
        ("never", "payment_success"),
    ],
)
def test_a_choice_leads_back_to_the_shop_and_keeps_its_query(shop, choice, message):
    told = chosen(shop, shop.buy().json["process_id"], choice).json

    assert told["message"] == message
    assert told["return_url"] == "https://t1.example.py/pago/1?orden=7"
    assert told["redirect"] == f"https://t1.example.py/pago/1?orden=7&status={message}"
    assert told["next"] is None


def test_who_pays_late_is_offered_to_tell_the_shop(shop):
    process_id = shop.buy().json["process_id"]

    assert chosen(shop, process_id, "late").json["next"] == "notify"
    assert shop.notices == []
    assert Page(opened(shop, process_id).text).choices == ["notify"]
    assert chosen(shop, process_id, "notify").json["message"] == "payment_success"
    assert len(shop.notices) == 1


def test_what_is_paid_is_not_offered_again(shop):
    process_id = shop.buy().json["process_id"]
    chosen(shop, process_id, "approve")

    answer = opened(shop, process_id)

    assert "Esta compra ya fue pagada." in answer.text
    assert Page(answer.text).choices == []


def test_what_was_taken_back_is_not_offered(shop):
    process_id = shop.buy().json["process_id"]
    shop.rollback()

    assert Page(opened(shop, process_id).text).choices == []
    assert chosen(shop, process_id, "approve").json["error"] == "esta compra fue anulada y ya no se puede pagar"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        ({"choice": "approve"}, 404),
        ({"process_id": "x" * 20, "choice": "approve"}, 404),
        ({"process_id": ["x"], "choice": "approve"}, 404),
        ({"process_id": "x" * 20, "choice": "steal"}, 400),
    ],
)
def test_a_choice_that_cannot_be_is_refused(shop, body, status):
    assert shop.call("POST", "/checkout/pay", body).status == status


def test_a_fragment_stays_at_the_end(shop):
    process_id = shop.buy(return_url="https://t1.example.py/#/pago?x=1").json["process_id"]

    assert chosen(shop, process_id, "approve").json["redirect"] == (
        "https://t1.example.py/?status=payment_success#/pago?x=1"
    )


def test_an_old_status_in_the_shops_address_does_not_stay(shop):
    process_id = shop.buy(return_url="https://t1.example.py/?status=x&a=").json["process_id"]

    assert chosen(shop, process_id, "decline").json["redirect"] == "https://t1.example.py/?a=&status=payment_fail"


def test_the_styles_that_may_be_set_are_told(shop):
    told = shop.call("GET", "/checkout/allowed_styles").json

    assert told["allowed_styles"]["button-background-color"] == "color"


def test_the_script_is_at_bancards_own_path(shop):
    answer = shop.call("GET", "/checkout/javascript/dist/bancard-checkout-4.0.0.js")

    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert not re.search("https?://", answer.text)


def test_a_purchase_is_known_by_its_page_and_its_number_alike(shop):
    process_id = shop.buy().json["process_id"]

    assert shop.purchase(PROCESS)["process_id"] == process_id
