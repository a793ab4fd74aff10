"""What the stand-in has browsers run, its script and its page, run by node in a browser of a few lines."""

import json
import re
import shutil
import subprocess

import pytest

from stand_ins.bancard import pages

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")

BROWSER = """
const listeners = [], placed = [], went = [], told = [];
const frame = () => ({style: {}, contentWindow: {}, get parentNode() {
  return placed.includes(this) ? {removeChild: one => placed.splice(placed.indexOf(one), 1)} : null; }});
globalThis.document = {
  currentScript: {src: "http://127.0.0.1:4566/x/bancard/checkout/javascript/dist/bancard-checkout-4.0.0.js"},
  getElementById: id => id === "here" ? {appendChild: one => placed.push(one)} : null,
  createElement: frame,
};
globalThis.window = {
  addEventListener: (_, one) => listeners.push(one),
  removeEventListener: (_, one) => { const at = listeners.indexOf(one); if (at >= 0) listeners.splice(at, 1); },
  location: {replace: url => went.push(url)},
};
const say = (data, origin, source) => listeners.slice().forEach(one => one({data, origin, source}));
const OWN = "http://127.0.0.1:4566";
"""
PAID = '{message: "payment_success", return_url: "https://t1.example.py/pago?orden=7"}'
OPEN = 'window.Bancard.Checkout.createForm("here", "i5fn*lx6niQel0QzWK1g");'


def ran(steps):
    """What there is after ``steps``: frames in place, where the browser went, what handlers were told, an error."""
    program = f"""{BROWSER}
(0, eval)({json.dumps(pages.script().body.decode())});
const Bancard = window.Bancard;
let error = null;
try {{ {steps} }} catch (raised) {{ error = raised.message; }}
console.log(JSON.stringify({{frames: placed.map(one => one.src), heights: placed.map(one => one.style.height),
  went, told, error, calls: Object.keys(Bancard), listeners: listeners.length}}));
"""
    done = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True)  # noqa: S603, S607
    return json.loads(done.stdout)


def test_the_script_has_the_calls_of_bancards():
    calls = {"Checkout", "Cards", "Zimple", "Preauthorization", "Charge3DS", "Confirmation", "destroy"}

    assert set(ran("")["calls"]) == calls


@pytest.mark.parametrize(
    ("call", "url"),
    [
        ("Checkout.createForm", "/checkout/new?process_id="),
        ("Cards.createForm", "/checkout/register_card/new?process_id="),
        ("Zimple.createForm", "/checkout/zimple/new?process_id="),
        ("Preauthorization.createForm", "/checkout/preauthorization/new?process_id="),
        ("Charge3DS.createForm", "/checkout/charge_3ds/new?process_id="),
        ("Confirmation.loadPinPad", "/alias_token/confirmation/new?alias_token="),
    ],
)
def test_a_form_is_a_frame_from_where_the_script_came_from(call, url):
    assert ran(f'Bancard.{call}("here", "a b&c");')["frames"] == [f"http://127.0.0.1:4566/x/bancard{url}a%20b%26c"]


def test_styles_go_along_as_json():
    (src,) = ran('Bancard.Checkout.createForm("here", "x", {styles: {"input-text-color": "#fff"}});')["frames"]

    assert src.endswith("?process_id=x&styles=%7B%22input-text-color%22%3A%22%23fff%22%7D")


def test_the_end_leads_to_the_shop_with_its_status():
    ended = ran(f"{OPEN} say({PAID}, OWN, placed[0].contentWindow);")

    assert ended["went"] == ["https://t1.example.py/pago?orden=7&status=payment_success"]


def test_details_become_the_description():
    ended = ran(
        f'{OPEN} say({{message: "add_new_card_fail", details: "no", return_url: "https://t1.example.py/"}}, '
        "OWN, placed[0].contentWindow);"
    )

    assert ended["went"] == ["https://t1.example.py/?status=add_new_card_fail&description=no"]


def test_a_shop_may_take_the_end_itself():
    ended = ran(
        'Bancard.Checkout.createForm("here", "x", {responseHandler: one => told.push(one.message)});'
        f"say({PAID}, OWN, placed[0].contentWindow);"
    )

    assert (ended["told"], ended["went"]) == (["payment_success"], [])


@pytest.mark.parametrize("sent", ['"https://evil.example", placed[0].contentWindow', "OWN, {}"])
def test_what_somebody_else_says_is_not_heard(sent):
    assert ran(f"{OPEN} say({PAID}, {sent});")["went"] == []


def test_the_frame_grows_with_its_page():
    assert ran(f"{OPEN} say({{iframeHeight: 700}}, OWN, placed[0].contentWindow);")["heights"] == ["700px"]


def test_there_is_one_form_at_a_time_and_none_after_destroy():
    assert ran(f"{OPEN} {OPEN}")["listeners"] == 1
    assert ran(f"{OPEN} Bancard.destroy();")["frames"] == []
    assert ran(f"{OPEN} Bancard.destroy();")["listeners"] == 0


@pytest.mark.parametrize("arguments", ['"nowhere", "x"', '"here", ""', '"here"'])
def test_a_form_needs_a_place_and_a_process(arguments):
    assert ran(f"Bancard.Checkout.createForm({arguments});")["error"].startswith("Bancard: ")


PAGE = """
const went = [], posted = [], sent = [];
const button = choice => ({dataset: {choice}, hidden: false, disabled: false});
const buttons = ["approve", "late", "notify"].map(button), said = {textContent: ""};
let click = null;
globalThis.document = {
  documentElement: {scrollHeight: 640},
  querySelector: () => ({dataset: {pay: "../checkout/pay", process: "p*1"}}),
  querySelectorAll: () => buttons,
  getElementById: id => id === "said" ? said : {addEventListener: (_, one) => { click = one; }},
};
globalThis.window = {location: {replace: url => went.push(url)}};
window.parent = FRAMED ? {postMessage: one => posted.push(one)} : window;
globalThis.fetch = (url, options) => {
  sent.push([url, JSON.parse(options.body)]);
  return ANSWER ? Promise.resolve({json: () => Promise.resolve(ANSWER)}) : Promise.reject(new Error("no network"));
};
"""
DONE = {
    "message": "payment_success",
    "details": None,
    "return_url": "https://t1.example.py/",
    "redirect": "https://t1.example.py/?status=payment_success",
    "next": None,
}


def chosen(answer, *, framed=False, choice="approve"):
    """What there is after ``choice`` on the page, where the gateway gives ``answer``."""
    (script,) = re.findall("<script>(.*)</script>", pages._file("page.html"), re.DOTALL)
    program = f"""const FRAMED = {json.dumps(framed)}, ANSWER = {json.dumps(answer)};{PAGE}
{script}
click({{target: buttons.find(one => one.dataset.choice === "{choice}")}});
setTimeout(() => console.log(JSON.stringify({{went, posted, sent, said: said.textContent,
  open: buttons.filter(one => !one.hidden && !one.disabled).map(one => one.dataset.choice)}})), 5);
"""
    done = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True)  # noqa: S603, S607
    return json.loads(done.stdout)


def test_a_choice_is_sent_and_leads_to_the_shop():
    ended = chosen(DONE)

    assert ended["sent"] == [["../checkout/pay", {"process_id": "p*1", "choice": "approve"}]]
    assert ended["went"] == ["https://t1.example.py/?status=payment_success"]


def test_in_a_frame_the_end_is_told_to_the_shops_page():
    ended = chosen(DONE, framed=True)

    told = {"message": "payment_success", "details": None, "return_url": "https://t1.example.py/"}
    assert ended["posted"] == [{"iframeHeight": 640}, told]
    assert ended["went"] == []


def test_who_pays_late_sees_a_second_button_alone():
    ended = chosen(DONE | {"next": "notify"}, choice="late")

    assert (ended["open"], ended["went"]) == (["notify"], [])


def test_a_refusal_is_shown():
    ended = chosen({"error": "esta compra ya fue pagada"})

    assert (ended["said"], ended["open"], ended["went"]) == ("esta compra ya fue pagada", [], [])


def test_without_an_answer_a_payer_may_choose_again():
    assert chosen(None)["open"] == ["approve", "late", "notify"]
