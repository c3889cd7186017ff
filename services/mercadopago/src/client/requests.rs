//! The bodies that we send.

use domain::Money;
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

use crate::types::{BackUrls, Item, NewPix, NewPreference};
use crate::wire;

#[derive(Serialize)]
pub(super) struct Pix<'a> {
    transaction_amount: Money,
    payment_method_id: &'static str,
    description: &'a str,
    external_reference: &'a str,
    payer: Payer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notification_url: Option<&'a Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_of_expiration: Option<String>,
}

#[derive(Serialize)]
struct Payer<'a> {
    email: &'a str,
}

pub(super) fn pix(new: &NewPix) -> Pix<'_> {
    Pix {
        transaction_amount: new.amount,
        payment_method_id: "pix",
        description: &new.description,
        external_reference: &new.external_reference,
        payer: Payer { email: &new.payer_email },
        notification_url: new.notification_url.as_ref(),
        date_of_expiration: new.expires_at.map(wire::date),
    }
}

#[derive(Serialize)]
pub(super) struct Preference<'a> {
    items: Vec<Line<'a>>,
    external_reference: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payer: Option<Payer<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notification_url: Option<&'a Url>,
    expires: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_date_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_of_expiration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    back_urls: Option<&'a BackUrls>,
}

#[derive(Serialize)]
struct Line<'a> {
    title: &'a str,
    quantity: u32,
    currency_id: &'static str,
    unit_price: Money,
}

fn line(item: &Item) -> Line<'_> {
    Line { title: &item.title, quantity: item.quantity, currency_id: "BRL", unit_price: item.unit_price }
}

pub(super) fn preference(new: &NewPreference) -> Preference<'_> {
    let until = new.expires_at.map(wire::date);
    Preference {
        items: new.items.iter().map(line).collect(),
        external_reference: &new.external_reference,
        payer: new.payer_email.as_deref().map(|email| Payer { email }),
        notification_url: new.notification_url.as_ref(),
        expires: until.is_some(),
        // The first closes the page, the second the Pix that may be made on it.
        expiration_date_to: until.clone(),
        date_of_expiration: until,
        back_urls: new.back_urls.as_ref(),
    }
}

/// An empty object asks for all that is left.
pub(super) fn refund(amount: Option<Money>) -> Value {
    match amount {
        Some(amount) => json!({ "amount": amount }),
        None => json!({}),
    }
}
