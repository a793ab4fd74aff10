"""A notice of Bancard's as the protocol's notes have it, with its signatures, and JSON of any shape."""

from hypothesis import strategies as st

KEY = "MOCKprivKEY0000000000000000000000000001x"
PUBLIC = "MOCKpub0000000000000000000000001"
ID = 900000000000123
AMOUNT = "10330.00"
ALIAS = "ALIASmock0000000000000000000000000000001"
CONFIRM = "98bd91d62a6c60bbe441bc34755b81eb"
ROLLBACK_NOTICE = "267792629ae07b197916900d749102e5"
CHARGE = "517a25e8739a040bc793f864444fc919"
SECURITY = {"customer_ip": "203.0.113.7", "card_source": "L", "card_country": "PARAGUAY", "risk_index": 0}
NOTICE = {
    "token": CONFIRM, "shop_process_id": ID, "response": "S", "response_details": "Procesado Satisfactoriamente",
    "extended_response_description": None, "currency": "PYG", "amount": AMOUNT, "authorization_number": "654321",
    "ticket_number": "2118000001", "response_code": "00", "response_description": "Transaccion aprobada",
    "security_information": SECURITY,
}  # fmt: skip

_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
anything = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4)
)
_names = st.sampled_from([*NOTICE, "operation", "confirmation", "messages", "key", "dsc"]) | st.text(max_size=200)
notices = st.dictionaries(_names, anything | st.text(max_size=300), max_size=50)
