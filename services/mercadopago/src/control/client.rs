use std::time::Duration;

use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::{
    Chaos, ChaosReport, Delivered, FinishRefunds, Move, Moved, RawNotification, RefundEnd, SandboxPayment,
    SandboxPreference, SandboxRefund,
};
use crate::client::connector;
use crate::error::Error;

/// The client of the control panel.
#[derive(Debug, Clone)]
pub struct Control {
    http: reqwest::Client,
    base_url: Url,
}

impl Control {
    /// For the sandbox at `base_url`. A call lasts until its last notification was answered, so `timeout` is long.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn new(base_url: Url, timeout: Duration) -> Result<Self, Error> {
        let http = connector(&base_url, timeout, concat!("lanchonete/", env!("CARGO_PKG_VERSION")));
        Ok(Control { http: http.map_err(|e| Error::transport(e, false))?, base_url })
    }

    /// The payments with our reference, newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn payments(&self, external_reference: &str) -> Result<Vec<SandboxPayment>, Error> {
        self.read(&["payments"], &[("external_reference", external_reference)]).await
    }

    /// The checkouts with our reference, newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn preferences(&self, external_reference: &str) -> Result<Vec<SandboxPreference>, Error> {
        self.read(&["preferences"], &[("external_reference", external_reference)]).await
    }

    /// Moves a payment and waits for its notifications to be answered.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn move_payment(&self, id: &str, to: &Move) -> Result<Moved, Error> {
        self.write(Method::POST, &["payments", id, "status"], to).await
    }

    /// Pays a checkout with the outcome given and waits for its notifications to be answered.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn pay_preference(&self, id: &str, to: &Move) -> Result<Moved, Error> {
        self.write(Method::POST, &["preferences", id, "pay"], to).await
    }

    /// Sends a notification about anything.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn notify(&self, notification: &RawNotification) -> Result<Vec<Delivered>, Error> {
        self.write(Method::POST, &["notifications"], notification).await
    }

    /// All payments, in the order of their ids, at most `limit` (1 to 1,000) of those behind `after`; the first page
    /// has none. A page with fewer than `limit` is the last.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn payments_after(&self, after: Option<&str>, limit: u32) -> Result<Vec<SandboxPayment>, Error> {
        self.page("payments", after.unwrap_or("0"), limit).await
    }

    /// All checkouts, in the order of their ids, as [`Control::payments_after`]. That order is not the one in which
    /// they were made: one that is made during the walk may be missed.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn preferences_after(&self, after: Option<&str>, limit: u32) -> Result<Vec<SandboxPreference>, Error> {
        self.page("preferences", after.unwrap_or("0"), limit).await
    }

    /// What goes wrong on purpose, and how much of it went wrong since that was set.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn chaos(&self) -> Result<ChaosReport, Error> {
        self.read(&["chaos"], &[]).await
    }

    /// Sets what goes wrong on purpose; the default ends it. Counters and draws begin anew.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn set_chaos(&self, chaos: &Chaos) -> Result<ChaosReport, Error> {
        self.write(Method::POST, &["chaos"], chaos).await
    }

    /// Ends the refunds of a payment that are `in_process`, and notifies.
    ///
    /// # Errors
    /// See [`Error`]; 409 when there is none.
    pub async fn finish_refunds(&self, payment_id: &str, status: RefundEnd) -> Result<Vec<SandboxRefund>, Error> {
        self.write(Method::POST, &["payments", payment_id, "refunds"], &FinishRefunds { status }).await
    }

    async fn page<T: DeserializeOwned>(&self, what: &str, after: &str, limit: u32) -> Result<T, Error> {
        self.read(&[what], &[("after", after), ("limit", &limit.to_string())]).await
    }

    async fn read<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<T, Error> {
        self.send(self.http.get(self.url(path)).query(query), false).await
    }

    async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, Error> {
        self.send(self.http.request(method, self.url(path)).json(body), true).await
    }

    async fn send<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder, writes: bool) -> Result<T, Error> {
        let lost = |e| Error::transport(e, writes);
        let answer = request.send().await.map_err(lost)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(lost)?;
        if !status.is_success() {
            return Err(Error::answer(status, None, &body, writes));
        }
        serde_json::from_slice(&body).map_err(|e| Error::unreadable(e.to_string(), writes))
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("sandbox").extend(path);
        }
        url
    }
}
