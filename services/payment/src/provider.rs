//! MercadoPago's client with a count of how its calls end, and whether it answers at all.

use std::sync::atomic::{AtomicBool, Ordering};

use mercadopago::{Client, Error, NewPix, NewPreference, Payment, Preference, PreferenceUpdate, Refund};

use crate::metrics::Calls;

/// MercadoPago, as the service uses it.
pub(crate) struct Provider {
    client: Client,
    calls: Calls,
    silent: AtomicBool,
}

impl Provider {
    pub(crate) fn new(client: Client, calls: Calls) -> Self {
        Provider { client, calls, silent: AtomicBool::new(false) }
    }

    /// Whether the last call had no usable answer: then no request waits for the next one.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    fn seen<T>(&self, call: &'static str, result: Result<T, Error>) -> Result<T, Error> {
        self.silent.store(matches!(result, Err(Error::Unavailable { .. })), Ordering::Relaxed);
        self.calls.count(call, outcome(&result));
        result
    }

    pub(crate) async fn create_pix(&self, pix: &NewPix, key: &str) -> Result<Payment, Error> {
        self.seen("create_pix", self.client.create_pix(pix, key).await)
    }

    pub(crate) async fn create_preference(&self, new: &NewPreference, key: &str) -> Result<Preference, Error> {
        self.seen("create_preference", self.client.create_preference(new, key).await)
    }

    /// The checkouts with our reference, by their ids.
    pub(crate) async fn preferences(&self, reference: &str) -> Result<Vec<String>, Error> {
        self.seen("search_preferences", self.client.search_preferences(reference).await)
    }

    pub(crate) async fn preference(&self, id: &str) -> Result<Preference, Error> {
        self.seen("get_preference", self.client.get_preference(id).await)
    }

    pub(crate) async fn close_preference(&self, id: &str, update: &PreferenceUpdate) -> Result<Preference, Error> {
        self.seen("close_preference", self.client.update_preference(id, update).await)
    }

    pub(crate) async fn payment(&self, id: &str) -> Result<Payment, Error> {
        self.seen("get_payment", self.client.get_payment(id).await)
    }

    pub(crate) async fn search(&self, external_reference: &str) -> Result<Vec<Payment>, Error> {
        self.seen("search_payments", self.client.search_payments(external_reference).await)
    }

    pub(crate) async fn cancel(&self, id: &str, key: &str) -> Result<Payment, Error> {
        self.seen("cancel_payment", self.client.cancel_payment(id, key).await)
    }

    pub(crate) async fn refund(&self, id: &str, amount: domain::Money, key: &str) -> Result<Refund, Error> {
        self.seen("refund", self.client.refund(id, Some(amount), key).await)
    }

    pub(crate) async fn refunds(&self, id: &str) -> Result<Vec<Refund>, Error> {
        self.seen("list_refunds", self.client.list_refunds(id).await)
    }
}

fn outcome<T>(result: &Result<T, Error>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(Error::Unauthorized { .. }) => "unauthorized",
        Err(Error::NotFound) => "not_found",
        Err(Error::Refused { .. }) => "refused",
        Err(Error::Busy { .. }) => "busy",
        Err(Error::Unavailable { .. }) => "unavailable",
    }
}
