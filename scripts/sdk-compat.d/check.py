"""What the official Python SDK does against the sandbox. Only the base URL is ours; the SDK has no setting for it."""

import json
import os
import queue
import sys
import threading
import urllib.request
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import mercadopago
from mercadopago.config.config import Config
from mercadopago.webhook.validator import InvalidWebhookSignatureError, WebhookSignatureValidator

SANDBOX = os.environ["SANDBOX_URL"]
SECRET = os.environ["WEBHOOK_SECRET"]
Config._Config__api_base_url = SANDBOX

# The SDK would rather have the panel's address; an address for each payment is what a shop on one machine needs.
warnings.filterwarnings("ignore", message="notification_url is deprecated")

failed = 0


def check(what, holds, seen=None):
    """Prints one check and goes on."""
    global failed
    if holds:
        print(f"  ok  {what}")
    else:
        failed += 1
        print(f"  FAILED  {what}: {seen!r}")


class Receiver(BaseHTTPRequestHandler):
    """A shop's address for notifications."""

    notifications = queue.Queue()

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.notifications.put((parse_qs(urlsplit(self.path).query), self.headers, body))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Says nothing."""


def control(path, body):
    """The sandbox's control panel."""
    data = json.dumps(body).encode()
    request = urllib.request.Request(f"{SANDBOX}/sandbox/{path}", data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def notification(of, action):
    """The next notification about a payment, whatever else is told meanwhile."""
    while True:
        query, headers, body = Receiver.notifications.get(timeout=30)
        if query["data.id"] == [str(of)] and body["action"] == action:
            return query, headers, body


def accepts(query, headers, secret=SECRET):
    """Whether the SDK's own validator takes it."""
    try:
        WebhookSignatureValidator.validate(
            headers["x-signature"], headers["x-request-id"], query["data.id"][0], secret, tolerance_seconds=300
        )
        return True, None
    except InvalidWebhookSignatureError as error:
        return False, error.reason.value


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
HOOK = f"http://127.0.0.1:{server.server_port}/webhook"

sdk = mercadopago.SDK("APP_USR-sdk-compat-python")


def pix(reference, amount=35.5):
    """A Pix charge to make."""
    return {
        "transaction_amount": amount,
        "payment_method_id": "pix",
        "description": "Pedido 7",
        "external_reference": reference,
        "notification_url": HOOK,
        "payer": {"email": "cliente@example.com"},
    }


made = sdk.preference().create(
    {"items": [{"title": "X-Tudo", "quantity": 2, "unit_price": 17.5}], "external_reference": "python-checkout"}
)
preference = made["response"]
check("creates a preference", made["status"] == 201 and preference["init_point"].startswith(SANDBOX), made)
read = sdk.preference().get(preference["id"])
check("reads it", read["status"] == 200 and read["response"]["items"][0]["unit_price"] == 17.5, read)
changed = sdk.preference().update(preference["id"], {"external_reference": "python-changed"})
check("changes it", changed["response"].get("external_reference") == "python-changed", changed)
found = sdk.preference().search({"external_reference": "python-changed"})
check("finds it", found["response"].get("total") == 1, found)

made = sdk.payment().create(pix("python-1"))
payment = made["response"]
data = payment["point_of_interaction"]["transaction_data"]
check("creates a Pix payment", made["status"] == 201 and payment["status"] == "pending", made)
check("with a QR code", data["qr_code"].startswith("000201") and len(data["qr_code_base64"]) > 100, data)
read = sdk.payment().get(payment["id"])
check("reads it", read["status"] == 200 and read["response"] == payment, read)
found = sdk.payment().search({"external_reference": "python-1", "sort": "date_created", "criteria": "desc"})
results = found["response"].get("results", [])
check("finds it", [one["id"] for one in results] == [payment["id"]], found)

other = sdk.payment().create(pix("python-2"))["response"]
cancelled = sdk.payment().update(other["id"], {"status": "cancelled"})
check("cancels one", cancelled["status"] == 200 and cancelled["response"]["status"] == "cancelled", cancelled)
late = sdk.payment().update(other["id"], {"status": "cancelled"})
check("is refused the second time", late["status"] == 400 and late.error_causes[0]["code"] == 2063, late)

moved = control(f"payments/{payment['id']}/status", {"status": "approved"})
check("a payment is approved in the sandbox", moved["payment"]["status"] == "approved", moved)
part = sdk.refund().create(payment["id"], {"amount": 10.25})
check("refunds a part", part["status"] == 201 and part["response"]["amount"] == 10.25, part)
read = sdk.payment().get(payment["id"])["response"]
check("which shows", (read["status"], read["transaction_amount_refunded"]) == ("approved", 10.25), read)
listed = sdk.refund().list_all(payment["id"])
check("lists refunds", [one["id"] for one in listed["response"]] == [part["response"]["id"]], listed)
one = sdk.refund().get(payment["id"], part["response"]["id"])
check("reads a refund", one["response"] == part["response"], one)

whole = sdk.payment().create(pix("python-3", 12))["response"]
control(f"payments/{whole['id']}/status", {"status": "approved"})
back = sdk.refund().create(whole["id"])
check("refunds wholly", back["status"] == 201 and back["response"]["amount"] == 12, back)
read = sdk.payment().get(whole["id"])["response"]
check("which shows", read["status"] == "refunded", read)
again = sdk.refund().create(whole["id"])
check("and can't be done twice", again["status"] == 400, again)

try:
    mercadopago.SDK("not-a-token").payment().get(payment["id"]).raise_for_status()
    check("a bad token raises", False)
except mercadopago.MPAuthenticationError as error:
    check("a bad token raises MPAuthenticationError", error.status_code == 401, error)
try:
    sdk.payment().create(pix("python-4", -1)).raise_for_status()
    check("a bad body raises", False)
except mercadopago.MPBadRequestError as error:
    check("a bad body raises MPBadRequestError with its cause", error.causes[0]["code"] == 4037, error.causes)
try:
    sdk.payment().get(1).raise_for_status()
    check("an unknown payment raises", False)
except mercadopago.MPNotFoundError:
    check("an unknown payment raises MPNotFoundError", True)

query, headers, body = notification(payment["id"], "payment.updated")
check("the SDK's validator accepts our notification", accepts(query, headers)[0], accepts(query, headers))
check("which names the payment", body["data"]["id"] == str(payment["id"]) and query["type"] == ["payment"], body)
check("and refuses another secret", accepts(query, headers, "another") == (False, "SignatureMismatch"))
for flag, reason in [
    ("forge", "SignatureMismatch"),
    ("wrong_secret", "SignatureMismatch"),
    ("stale_ts", "TimestampOutOfTolerance"),
]:
    subject = sdk.payment().create(pix(f"python-{flag}"))["response"]
    sent = control(f"payments/{subject['id']}/status", {"status": "approved", "delivery": {flag: True}})
    query, headers, _ = notification(subject["id"], "payment.updated")
    check(f"the validator refuses {flag}", accepts(query, headers) == (False, reason), accepts(query, headers))
    check("and nothing moved", sent["moved"] is False and sent["payment"]["status"] == "pending", sent)

server.shutdown()
sys.exit(1 if failed else 0)
