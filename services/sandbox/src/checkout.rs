//! A checkout that is paid: by a person on its page, or by the control panel.

use domain::{Money, Timestamp};
use rusqlite::Connection;
use serde_json::json;
use store::StoreResult;

use crate::moves;
use crate::store::payments::{self, Payment};
use crate::store::preferences::Preference;

/// Whether it can be paid now: inside its window, and not paid yet. A refused try leaves it open.
pub(crate) fn is_open(c: &Connection, preference: &Preference, now: Timestamp) -> StoreResult<bool> {
    Ok(preference.is_current(now) && !payments::is_paid(c, &preference.id)?)
}

/// A new, pending payment of it, stored.
pub(crate) fn attempt(c: &Connection, preference: &Preference, now: Timestamp) -> StoreResult<Payment> {
    let method = "account_money";
    let title = preference.body.get("items").and_then(|items| items.get(0)?.get("title")).cloned();
    let payment = Payment {
        id: payments::new_id(c, now)?,
        preference_id: Some(preference.id.clone()),
        external_reference: preference.external_reference.clone(),
        method: method.to_owned(),
        status: "pending".to_owned(),
        status_detail: moves::usual_detail("pending", method).to_owned(),
        amount: preference.amount,
        refunded: Money::ZERO,
        notification_url: preference.text("notification_url").map(str::to_owned),
        qr_code: None,
        extra: json!({ "description": title, "metadata": preference.body.get("metadata") }),
        created_at: now,
        updated_at: now,
        approved_at: None,
        expires_at: None,
    };
    payments::insert(c, &payment)?;
    Ok(payment)
}
