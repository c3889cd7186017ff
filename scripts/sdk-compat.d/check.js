// What the official Node SDK does against the sandbox. Only the base URL is ours; the SDK has no setting for it.
"use strict";

const http = require("node:http");
const { isDeepStrictEqual } = require("node:util");
const mp = require("mercadopago");
const { AppConfig } = require("mercadopago/dist/utils/config");

const SANDBOX = process.env.SANDBOX_URL;
const SECRET = process.env.WEBHOOK_SECRET;
AppConfig.BASE_URL = SANDBOX;

let failed = 0;

/** Prints one check and goes on. */
function check(what, holds, seen) {
  if (holds) {
    console.log(`  ok  ${what}`);
  } else {
    failed += 1;
    console.log(`  FAILED  ${what}: ${seen instanceof Error ? seen.stack : JSON.stringify(seen)}`);
  }
}

/** The error that a call must end with. */
async function failure(call) {
  try {
    return new Error(`no error but ${JSON.stringify(await call())}`);
  } catch (error) {
    return error;
  }
}

/** A shop's address for notifications. */
const arrived = [];
let wake = () => {};
const server = http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const query = new URL(request.url, "http://shop").searchParams;
    arrived.push({ query, headers: request.headers, body: JSON.parse(Buffer.concat(chunks)) });
    response.end();
    wake();
  });
});

/** The first notification about a payment with this action. */
async function notification(id, action) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const found = arrived.find((one) => one.query.get("data.id") === String(id) && one.body.action === action);
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`no ${action} about ${id}`);
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, 1000);
      wake = () => (clearTimeout(timer), resolve());
    });
  }
}

/** "accepted", or why the SDK's own validator does not take it. */
function verdict(one, secret = SECRET) {
  try {
    mp.WebhookSignatureValidator.validate({
      xSignature: one.headers["x-signature"],
      xRequestId: one.headers["x-request-id"],
      dataId: one.query.get("data.id"),
      secret,
      toleranceSeconds: 300,
    });
    return "accepted";
  } catch (error) {
    if (error instanceof mp.InvalidWebhookSignatureError) return error.reason;
    throw error;
  }
}

/** The sandbox's control panel. */
async function control(path, body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${SANDBOX}/sandbox/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return answer.json();
}

/** What was asked for, without what the SDK adds of the answer itself. */
function bare({ api_response, ...rest }) {
  return rest;
}

async function main() {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const hook = `http://127.0.0.1:${server.address().port}/webhook`;
  const config = new mp.MercadoPagoConfig({ accessToken: "TEST-sdk-compat-node" });
  const payments = new mp.Payment(config);
  const refunds = new mp.PaymentRefund(config);
  const preferences = new mp.Preference(config);
  const pix = (reference, amount = 35.5) => ({
    transaction_amount: amount,
    payment_method_id: "pix",
    description: "Pedido 7",
    external_reference: reference,
    notification_url: hook,
    payer: { email: "cliente@example.com" },
  });

  const items = [{ id: "1", title: "X-Tudo", quantity: 2, unit_price: 17.5 }];
  const preference = await preferences.create({ body: { items, external_reference: "node-checkout" } });
  check("creates a preference", preference.api_response.status === 201, preference);
  check("whose page is ours", preference.init_point.startsWith(SANDBOX), preference.init_point);
  const sameOne = await preferences.get({ preferenceId: preference.id });
  check("reads it", isDeepStrictEqual(bare(sameOne), bare(preference)), sameOne);
  const changed = await preferences.update({
    id: preference.id,
    updatePreferenceRequest: { items, external_reference: "node-changed" },
  });
  check("changes it", changed.external_reference === "node-changed", changed);
  const sought = await preferences.search({ options: { external_reference: "node-changed" } });
  check("finds it", sought.elements.length === 1 && sought.total === 1, sought);

  const payment = await payments.create({ body: pix("node-1") });
  const data = payment.point_of_interaction.transaction_data;
  check("creates a Pix payment", payment.api_response.status === 201 && payment.status === "pending", payment);
  check("with a QR code", data.qr_code.startsWith("000201") && data.qr_code_base64.length > 100, data);
  const read = await payments.get({ id: payment.id });
  check("reads it", isDeepStrictEqual(bare(read), bare(payment)), read);
  const found = await payments.search({ options: { external_reference: "node-1", criteria: "desc" } });
  check("finds it", found.results.length === 1 && found.results[0].id === payment.id, found);
  // A configuration of its own: the SDK keeps the options of one request for all later ones of its configuration
  // (mercadopago/sdk-nodejs#481), so that every later payment would be this one.
  const keyed = new mp.Payment(new mp.MercadoPagoConfig({ accessToken: "TEST-sdk-compat-node" }));
  const requestOptions = { idempotencyKey: "one-key-for-both" };
  const first = await keyed.create({ body: pix("node-same"), requestOptions });
  const second = await keyed.create({ body: pix("node-same"), requestOptions });
  check("the same idempotency key makes one payment", first.id === second.id, [first.id, second.id]);

  const other = await payments.create({ body: pix("node-2") });
  const cancelled = await payments.cancel({ id: other.id });
  check("cancels one", cancelled.status === "cancelled", cancelled);
  const late = await failure(() => payments.cancel({ id: other.id }));
  check("is refused the second time", late instanceof mp.MPBadRequestError && late.causes[0].code === 2063, late);

  const moved = await control(`payments/${payment.id}/status`, { status: "approved" });
  check("a payment is approved in the sandbox", moved.payment.status === "approved", moved);
  const part = await refunds.create({ payment_id: payment.id, body: { amount: 10.25 } });
  check("refunds a part", part.amount === 10.25 && part.status === "approved", part);
  const after = await payments.get({ id: payment.id });
  check("which shows", after.status === "approved" && after.transaction_amount_refunded === 10.25, after);
  const listed = await refunds.list({ payment_id: payment.id });
  check("lists refunds", listed.length === 1 && listed[0].id === part.id, listed);
  const one = await refunds.get({ payment_id: payment.id, refund_id: part.id });
  check("reads a refund", one.id === part.id && one.amount === 10.25, one);

  const whole = await payments.create({ body: pix("node-3", 12) });
  await control(`payments/${whole.id}/status`, { status: "approved" });
  const back = await refunds.total({ payment_id: whole.id });
  check("refunds wholly", back.amount === 12, back);
  check("which shows", (await payments.get({ id: whole.id })).status === "refunded");
  const again = await failure(() => refunds.total({ payment_id: whole.id }));
  check("and can't be done twice", again instanceof mp.MPBadRequestError, again);

  const stranger = new mp.Payment(new mp.MercadoPagoConfig({ accessToken: "not-a-token" }));
  const denied = await failure(() => stranger.get({ id: payment.id }));
  check("a bad token is an MPAuthenticationError", denied instanceof mp.MPAuthenticationError, denied);
  const bad = await failure(() => payments.create({ body: pix("node-4", -1) }));
  check("a bad body is an MPBadRequestError", bad instanceof mp.MPBadRequestError && bad.causes[0].code === 4037, bad);
  const unknown = await failure(() => payments.get({ id: 1 }));
  check("an unknown payment is an MPNotFoundError", unknown instanceof mp.MPNotFoundError, unknown);

  const told = await notification(payment.id, "payment.updated");
  check("the SDK's validator accepts our notification", verdict(told) === "accepted", verdict(told));
  check("which names the payment", told.body.data.id === String(payment.id), told.body);
  check("and refuses another secret", verdict(told, "another") === "SignatureMismatch", verdict(told, "another"));
  const hostile = { forge: "SignatureMismatch", wrong_secret: "SignatureMismatch", stale_ts: "TimestampOutOfTolerance" };
  for (const [flag, reason] of Object.entries(hostile)) {
    const subject = await payments.create({ body: pix(`node-${flag}`) });
    const sent = await control(`payments/${subject.id}/status`, { status: "approved", delivery: { [flag]: true } });
    const seen = await notification(subject.id, "payment.updated");
    check(`the validator refuses ${flag}`, verdict(seen) === reason, verdict(seen));
    check("and nothing moved", sent.moved === false && sent.payment.status === "pending", sent);
  }
}

main()
  .catch((error) => check("runs to its end", false, error))
  .finally(() => {
    server.close();
    server.closeAllConnections();
    process.exitCode = failed ? 1 : 0;
  });
