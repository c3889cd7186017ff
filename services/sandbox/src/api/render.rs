//! MercadoPago's answers: payments, checkouts and refunds with every field that its fixtures show.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use mercadopago::wire::date;
use serde_json::{Map, Value, json};
use url::Url;

use super::{APPLICATION_ID, COLLECTOR_ID};
use crate::store::payments::Payment;
use crate::store::preferences::Preference;
use crate::store::refunds::{APPROVED, IN_PROCESS, Refund};

/// Pixels of a module in `qr_code_base64`.
const QR_SCALE: u32 = 6;

fn date_or_null(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| date(at).into())
}

/// Below the public address.
pub(crate) fn link(public: &Url, path: &str) -> String {
    format!("{}/{path}", public.as_str().trim_end_matches('/'))
}

/// The page of a Pix.
pub(crate) fn ticket_url(public: &Url, id: i64) -> String {
    link(public, &format!("payments/{id}/ticket"))
}

/// The page of a checkout.
pub(crate) fn init_point(public: &Url, id: &str) -> String {
    link(public, &format!("checkout/v1/redirect?pref_id={id}"))
}

/// A payment.
pub(crate) fn payment(payment: &Payment, refunds: &[Refund], public: &Url) -> Value {
    let pix = payment.method == "pix";
    let kind = if pix { "bank_transfer" } else { "account_money" };
    let extra = |field: &str| payment.extra.get(field).cloned().unwrap_or(Value::Null);
    let paid = if payment.approved_at.is_some() { payment.amount } else { domain::Money::ZERO };
    let mut body = json!({
        "id": payment.id,
        "date_created": date(payment.created_at),
        "date_approved": date_or_null(payment.approved_at),
        "date_last_updated": date(payment.updated_at),
        "date_of_expiration": date_or_null(payment.expires_at),
        "money_release_date": date_or_null(payment.approved_at),
        "operation_type": "regular_payment",
        "issuer_id": null,
        "payment_method_id": payment.method,
        "payment_type_id": kind,
        "payment_method": { "id": payment.method, "type": kind, "issuer_id": null },
        "status": payment.status,
        "status_detail": payment.status_detail,
        "currency_id": "BRL",
        "description": extra("description"),
        "live_mode": false,
        "sponsor_id": null,
        "authorization_code": null,
        "integrator_id": null,
        "platform_id": null,
        "corporation_id": null,
        "collector_id": COLLECTOR_ID,
        "payer": { "type": null, "id": "2000002", "email": null, "first_name": null, "last_name": null,
            "identification": { "type": null, "number": null }, "phone": { "area_code": null, "number": null },
            "entity_type": null },
        "metadata": payment.extra.get("metadata").cloned().unwrap_or_else(|| json!({})),
        "additional_info": { "available_balance": null },
    });
    let rest = json!({
        "order": order(payment),
        "external_reference": payment.external_reference,
        "transaction_amount": payment.amount,
        "transaction_amount_refunded": payment.refunded,
        "taxes_amount": 0,
        "coupon_amount": 0,
        "shipping_amount": 0,
        "differential_pricing_id": null,
        "deduction_schema": null,
        "callback_url": extra("callback_url"),
        "installments": 1,
        "transaction_details": { "payment_method_reference_id": null, "acquirer_reference": null,
            "net_received_amount": paid, "total_paid_amount": payment.amount, "overpaid_amount": 0,
            "external_resource_url": null, "installment_amount": 0, "financial_institution": null,
            "payable_deferral_period": null, "bank_transfer_id": null, "transaction_id": null },
        "fee_details": [],
        "charges_details": [],
        "captured": true,
        "binary_mode": false,
        "call_for_authorize_id": null,
        "statement_descriptor": extra("statement_descriptor"),
        "card": {},
        "notification_url": payment.notification_url,
        "refunds": refunds.iter().map(refund).collect::<Vec<_>>(),
        "processing_mode": "aggregator",
        "merchant_account_id": null,
        "acquirer": null,
        "merchant_number": null,
        "pos_id": null,
        "store_id": null,
    });
    if let (Value::Object(fields), Value::Object(rest)) = (&mut body, rest) {
        fields.extend(rest);
    }
    body["point_of_interaction"] = match &payment.qr_code {
        Some(code) => pix_interaction(code, &ticket_url(public, payment.id)),
        None => json!({ "type": "CHECKOUT", "business_info": { "unit": "online_payments", "sub_unit": "checkout_pro" },
            "transaction_data": {} }),
    };
    body
}

/// A payment that was made on a checkout belongs to an order of MercadoPago's.
fn order(payment: &Payment) -> Value {
    if payment.preference_id.is_some() {
        json!({ "id": payment.id.to_string(), "type": "mercadopago" })
    } else {
        json!({})
    }
}

fn pix_interaction(code: &str, ticket: &str) -> Value {
    let picture = mercadopago::qr::png(code, QR_SCALE).map(|png| STANDARD.encode(png)).ok();
    json!({
        "type": "OPENPLATFORM",
        "business_info": { "unit": "online_payments", "sub_unit": "default" },
        "location": { "state_id": null, "source": null },
        "application_data": { "name": null, "version": null },
        "transaction_data": {
            "qr_code": code,
            "qr_code_base64": picture,
            "ticket_url": ticket,
            "bank_transfer_id": null,
            "transaction_id": null,
            "financial_institution": null,
            "bank_info": {
                "payer": { "id": null, "account_id": null, "long_name": null, "external_account_id": null },
                "collector": { "account_id": null, "long_name": null, "account_holder_name": "SANDBOX",
                    "transfer_account_id": null },
                "is_same_bank_account_owner": null, "origin_bank_id": null, "origin_wallet_id": null,
            },
        },
    })
}

/// A refund.
pub(crate) fn refund(refund: &Refund) -> Value {
    let under_way = refund.status == IN_PROCESS;
    json!({
        "id": refund.id,
        "payment_id": refund.payment_id,
        "amount": refund.amount,
        "metadata": {},
        "source": { "id": COLLECTOR_ID.to_string(), "name": "SANDBOX", "type": "collector" },
        "date_created": date(refund.created_at),
        "unique_sequence_number": null,
        "refund_mode": "standard",
        "adjustment_amount": 0,
        "status": refund.status,
        "reason": null,
        "labels": if under_way { vec!["hidden", "contingency"] } else { Vec::new() },
        "amount_refunded_to_payer": if refund.status == APPROVED { refund.amount } else { domain::Money::ZERO },
        "partition_details": [],
    })
}

/// A checkout: what was sent, with what MercadoPago adds. Texts that were not sent come back empty.
pub(crate) fn preference(preference: &Preference, public: &Url, now: Timestamp) -> Value {
    let person = json!({ "name": "", "surname": "", "email": "", "date_created": "",
        "phone": { "area_code": "", "number": "" }, "identification": { "type": "", "number": "" },
        "address": { "zip_code": "", "street_name": "", "street_number": null } });
    let urls = json!({ "success": "", "pending": "", "failure": "" });
    let mut body = json!({
        "additional_info": "", "auto_return": "", "back_urls": urls, "binary_mode": false, "coupon_code": null,
        "date_of_expiration": null, "expires": false, "expiration_date_from": null, "expiration_date_to": null,
        "external_reference": "", "marketplace": "NONE", "marketplace_fee": 0, "metadata": {}, "notification_url": "",
        "operation_type": "regular_payment", "payer": person, "payment_methods": {}, "processing_modes": null,
        "redirect_urls": urls, "shipments": {}, "statement_descriptor": "", "product_id": null,
        "internal_metadata": null, "financing_group": "",
    });
    if let Value::Object(fields) = &mut body {
        overlay(fields, &preference.body);
        let mut items = preference.body.get("items").cloned().unwrap_or_default();
        for item in items.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            for empty in ["id", "category_id", "description", "picture_url"] {
                item.entry(empty).or_insert_with(|| "".into());
            }
            item.entry("currency_id").or_insert_with(|| "BRL".into());
        }
        fields.insert("items".to_owned(), items);
    }
    let page = init_point(public, &preference.id);
    body["id"] = preference.id.clone().into();
    body["client_id"] = APPLICATION_ID.into();
    body["collector_id"] = COLLECTOR_ID.into();
    body["site_id"] = "MLB".into();
    body["init_point"] = page.clone().into();
    body["sandbox_init_point"] = page.into();
    body["date_created"] = date(preference.created_at).into();
    let changed = preference.updated_at > preference.created_at;
    body["last_updated"] = date_or_null(changed.then_some(preference.updated_at));
    body["total_amount"] = json!(preference.amount);
    body["preference_expired"] = (!preference.is_current(now)).into();
    body
}

fn overlay(fields: &mut Map<String, Value>, sent: &Map<String, Value>) {
    for (name, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
        fields.insert(name.clone(), value.clone());
    }
}
