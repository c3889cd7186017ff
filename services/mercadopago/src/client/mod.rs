//! The calls. None is repeated in here: the outbox does that, with the same idempotency key.

mod http;
mod requests;

use std::time::Duration;

use domain::Money;
use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::error::Error;
use crate::types::{NewPix, NewPreference, Payment, Preference, PreferenceUpdate, Refund};
use http::Call;
pub(crate) use http::connector;

/// Where MercadoPago is and who we are.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `https://api.mercadopago.com`, or the sandbox's address.
    pub base_url: Url,
    /// The bearer token.
    pub access_token: SecretString,
    /// The longest a call may take, connecting and reading included.
    pub timeout: Duration,
    /// Our own name; the SDKs' product ids are theirs.
    pub user_agent: String,
}

/// Speaks MercadoPago's REST API. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: Url,
    access_token: SecretString,
}

/// Most payments that one search returns.
const MAX_FOUND: usize = 200;
/// How many a page of a search holds.
const PAGE: usize = 50;
/// A reference that no payment of ours has: ours are UUIDs.
const NO_REFERENCE: &str = "lanchonete-ping";

#[derive(Deserialize)]
struct Found {
    paging: Option<Paging>,
    #[serde(default, deserialize_with = "crate::wire::list")]
    results: Vec<Payment>,
}

#[derive(Deserialize)]
struct Paging {
    total: Option<usize>,
}

#[derive(Deserialize)]
struct FoundPreferences {
    #[serde(default, deserialize_with = "crate::wire::list")]
    elements: Vec<FoundPreference>,
}

#[derive(Deserialize)]
struct FoundPreference {
    #[serde(deserialize_with = "crate::wire::id")]
    id: String,
    #[serde(default, deserialize_with = "crate::wire::optional_id")]
    external_reference: Option<String>,
}

impl Client {
    /// A client with its own connection pool.
    ///
    /// # Errors
    /// When the user agent is no header value, or TLS can't be set up at all.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let http = connector(&settings.base_url, settings.timeout, &settings.user_agent);
        let http = http.map_err(|e| Error::transport(e, false))?;
        Ok(Client { http, base_url: settings.base_url, access_token: settings.access_token })
    }

    /// Asks for a Pix charge. The same key never makes a second one.
    ///
    /// # Errors
    /// See [`Error`]; when the outcome is unknown, send the same again or search by the external reference.
    pub async fn create_pix(&self, pix: &NewPix, idempotency_key: &str) -> Result<Payment, Error> {
        let body = requests::pix(pix);
        self.call(Method::POST, &["v1", "payments"])?.key(idempotency_key)?.json(&body).send().await
    }

    /// Opens a checkout.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create_preference(&self, new: &NewPreference, idempotency_key: &str) -> Result<Preference, Error> {
        let body = requests::preference(new);
        self.call(Method::POST, &["checkout", "preferences"])?.key(idempotency_key)?.json(&body).send().await
    }

    /// Reads a checkout.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get_preference(&self, id: &str) -> Result<Preference, Error> {
        self.call(Method::GET, &["checkout", "preferences", id])?.send().await
    }

    /// Changes until when a checkout can be paid; harmless to repeat.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn update_preference(&self, id: &str, update: &PreferenceUpdate) -> Result<Preference, Error> {
        self.call(Method::PUT, &["checkout", "preferences", id])?.json(update).send().await
    }

    /// The truth about a payment.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get_payment(&self, id: &str) -> Result<Payment, Error> {
        self.call(Method::GET, &["v1", "payments", id])?.send().await
    }

    /// The ids of the checkouts that carry our reference, at most a page of them. A search lags behind: none found is no
    /// proof that none exists.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn search_preferences(&self, external_reference: &str) -> Result<Vec<String>, Error> {
        let call = self.call(Method::GET, &["checkout", "preferences", "search"])?;
        let found: FoundPreferences = call.query(&[("external_reference", external_reference)]).send().await?;
        let ours =
            found.elements.into_iter().filter(|one| one.external_reference.as_deref() == Some(external_reference));
        Ok(ours.map(|one| one.id).collect())
    }

    /// The payments that carry our reference, newest first, at most 200. A search lags behind: none found is no
    /// proof that none exists.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn search_payments(&self, external_reference: &str) -> Result<Vec<Payment>, Error> {
        let mut found: Vec<Payment> = Vec::new();
        loop {
            let page = self.search_page(external_reference, found.len(), PAGE).await?;
            let total = page.paging.and_then(|paging| paging.total).unwrap_or(0).min(MAX_FOUND);
            let last = page.results.is_empty();
            found.extend(page.results);
            if last || found.len() >= total {
                found.truncate(MAX_FOUND);
                return Ok(found);
            }
        }
    }

    async fn search_page(&self, external_reference: &str, offset: usize, limit: usize) -> Result<Found, Error> {
        let query = [
            ("sort", "date_created"),
            ("criteria", "desc"),
            ("external_reference", external_reference),
            ("offset", &offset.to_string()),
            ("limit", &limit.to_string()),
        ];
        self.call(Method::GET, &["v1", "payments", "search"])?.query(&query).send().await
    }

    /// Gives up a charge that was not paid. Refused (400) when the money came first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn cancel_payment(&self, id: &str, idempotency_key: &str) -> Result<Payment, Error> {
        let body = serde_json::json!({ "status": "cancelled" });
        self.call(Method::PUT, &["v1", "payments", id])?.key(idempotency_key)?.json(&body).send().await
    }

    /// Gives money back: `amount`, or all that is left. The same key never gives it back twice.
    ///
    /// MercadoPago answers a repeat with 200 and no body; then the list of refunds is asked.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn refund(&self, id: &str, amount: Option<Money>, idempotency_key: &str) -> Result<Refund, Error> {
        let body = requests::refund(amount);
        let call = self.call(Method::POST, &["v1", "payments", id, "refunds"])?.key(idempotency_key)?;
        // Without this header a Pix refund that MercadoPago can't carry out at once is a 400.
        let sent = call.header("X-Render-In-Process-Refunds", "true").json(&body).send_maybe_empty().await?;
        match sent {
            Some(refund) => Ok(refund),
            None => {
                let refunds = self.list_refunds(id).await?;
                let newest = |refund: &Refund| (refund.created_at, refund.id.len(), refund.id.clone());
                let ours = refunds.into_iter().filter(|refund| amount.is_none_or(|amount| amount == refund.amount));
                ours.max_by_key(newest).ok_or_else(|| Error::unreadable("a repeated refund that is not listed", true))
            }
        }
    }

    /// What went back of a payment.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_refunds(&self, id: &str) -> Result<Vec<Refund>, Error> {
        self.call(Method::GET, &["v1", "payments", id, "refunds"])?.send().await
    }

    /// Whether MercadoPago answers and takes our token; moves and reads nothing.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn ping(&self) -> Result<(), Error> {
        self.search_page(NO_REFERENCE, 0, 1).await.map(|_| ())
    }

    fn call(&self, method: Method, path: &[&str]) -> Result<Call, Error> {
        Call::new(&self.http, &self.base_url, &self.access_token, method, path)
    }
}
