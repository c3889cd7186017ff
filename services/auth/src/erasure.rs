//! Erasing a person (LGPD, Lei 13.709/2018, art. 18, VI): here at once, and in the other services by work that is done
//! until they say yes.

use api::auth::{Erased as Receipt, ErasedIn};
use async_trait::async_trait;
use domain::{CustomerId, ErasureId, Role, Timestamp};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

use api::client::{Bearer, CallError, Http, http_client};
use http::Method;
use store::{NewWork, StoreError, Verdict, Work};

use crate::authority::Authority;
use crate::error::{Failure, OpenError};
use crate::settings::Peers;
use crate::token::Draft;

/// Who holds something about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Auth,
    Order,
    Payment,
}

impl Place {
    const ALL: [Place; 3] = [Place::Auth, Place::Order, Place::Payment];

    /// The word that is stored.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Place::Auth => "auth",
            Place::Order => "order",
            Place::Payment => "payment",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Place> {
        Place::ALL.into_iter().find(|place| place.as_str() == text)
    }
}

/// What was erased in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Erased {
    pub(crate) place: Place,
    pub(crate) records: u32,
    /// The last time that it was asked.
    pub(crate) erased_at: Timestamp,
}

/// The erasure of one person. Once it is done, nothing in it says whose it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Erasure {
    pub(crate) id: ErasureId,
    /// Until it is done.
    pub(crate) customer_id: Option<CustomerId>,
    pub(crate) requested_at: Timestamp,
    pub(crate) completed_at: Option<Timestamp>,
    /// By place.
    pub(crate) erased: Vec<Erased>,
}

impl From<Erasure> for Receipt {
    fn from(erasure: Erasure) -> Self {
        let found = |place| {
            let erased = erasure.erased.iter().find(|erased| erased.place == place)?;
            Some(ErasedIn { records: erased.records, erased_at: erased.erased_at })
        };
        Receipt {
            id: erasure.id,
            requested_at: erasure.requested_at,
            completed_at: erasure.completed_at,
            auth: found(Place::Auth),
            order: found(Place::Order),
            payment: found(Place::Payment),
        }
    }
}

impl Authority {
    /// Erases a person here and begins to erase them everywhere else; none when there is no such person.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn erase(&self, customer: CustomerId) -> Result<Option<ErasureId>, Failure> {
        if self.store().person(customer).await?.is_none() {
            return Ok(None);
        }
        let (id, now) = (ErasureId::new(), self.now());
        let work = NewWork::new(id, "erase", json!({}), now);
        let erasure =
            Erasure { id, customer_id: Some(customer), requested_at: now, completed_at: None, erased: Vec::new() };
        let id = self.store().begin_erasure(erasure, work).await?;
        self.forget(id, customer).await?;
        self.erasures().notify_one();
        Ok(Some(id))
    }

    /// How far an erasure is.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn erasure(&self, id: ErasureId) -> Result<Option<Receipt>, Failure> {
        Ok(self.store().erasure(id).await?.map(Receipt::from))
    }

    /// Our own part; doing it again changes nothing. Tokens first, so that nobody comes back in between.
    async fn forget(&self, id: ErasureId, customer: CustomerId) -> Result<(), Failure> {
        self.revoke_for_good(customer.to_string()).await?;
        let records = u32::from(self.store().delete_person(customer).await?);
        self.store().note_erased(id, Place::Auth, records, self.now()).await?;
        // A reader in the way is none for long; the worker comes by here again.
        if let Err(error) = self.store().purge().await {
            tracing::debug!(%error, "the log of the store is emptied later");
        }
        Ok(())
    }
}

/// What the other services answer; each calls its records by their name.
#[derive(Deserialize)]
struct Answer {
    #[serde(alias = "orders", alias = "payments")]
    records: u32,
}

/// Erases persons in every service, as work of the outbox.
#[derive(Clone)]
pub(crate) struct Eraser {
    authority: Authority,
    order: Http,
    payment: Http,
}

impl Eraser {
    pub(crate) fn new(authority: Authority, peers: &Peers) -> Result<Self, OpenError> {
        let client = http_client(authority.timings().call_timeout)
            .map_err(|_| OpenError::Internal("no HTTP client can be made"))?;
        let ours: Arc<dyn Bearer> = Arc::new(OwnToken(authority.clone()));
        let http = |url: &url::Url| Http::new(client.clone(), url.clone()).with_bearer(ours.clone());
        Ok(Eraser { order: http(&peers.order), payment: http(&peers.payment), authority })
    }

    /// One pass over all places, each whether or not another one answers.
    pub(crate) async fn handle(self, work: Work) -> Verdict {
        let Ok(id) = work.aggregate.parse::<ErasureId>() else {
            return Verdict::Bury { error: "not an erasure".to_owned() };
        };
        match self.pass(id).await {
            Ok(verdict) => verdict,
            Err(error) => Verdict::Retry { error, after: None },
        }
    }

    async fn pass(&self, id: ErasureId) -> Result<Verdict, String> {
        let store = self.authority.store();
        let told = |error: StoreError| error.to_string();
        let Some(erasure) = store.erasure(id).await.map_err(told)? else {
            return Ok(Verdict::Bury { error: "no such erasure".to_owned() });
        };
        let Some(customer) = erasure.customer_id else { return Ok(Verdict::Done) };
        let began = self.authority.now();
        self.authority.forget(id, customer).await.map_err(|error| error.to_string())?;
        let (order, payment) = tokio::join!(
            self.ask(id, Place::Order, &self.order, customer),
            self.ask(id, Place::Payment, &self.payment, customer),
        );
        order?;
        payment?;
        let sweep = erasure.requested_at.plus(self.authority.timings().sweep_after);
        if began < sweep {
            let after = Some(sweep.since(self.authority.now()));
            return Ok(Verdict::Retry { error: "a last look follows".to_owned(), after });
        }
        store.purge().await.map_err(told)?;
        store.complete_erasure(id, self.authority.now()).await.map_err(told)?;
        tracing::info!(erasure = %id, "a person is erased in every service");
        Ok(Verdict::Done)
    }

    async fn ask(&self, id: ErasureId, place: Place, http: &Http, customer: CustomerId) -> Result<(), String> {
        let path = format!("/internal/customers/{customer}/erase");
        let answer: Result<Answer, CallError> = http.call(http.request(Method::POST, &path)).await;
        let records = answer.map_err(|error| format!("{}: {error}", place.as_str()))?.records;
        let noted = self.authority.store().note_erased(id, place, records, self.authority.now()).await;
        noted.map_err(|error| error.to_string())
    }
}

/// A token that auth signs for itself.
struct OwnToken(Authority);

#[async_trait]
impl Bearer for OwnToken {
    async fn token(&self) -> Result<SecretString, CallError> {
        let draft = Draft {
            subject: "auth".to_owned(),
            role: Role::Service,
            proof: None,
            name: None,
            life: self.0.lives().service,
        };
        let refused = |error: Failure| CallError::Unreachable { url: "auth".to_owned(), reason: error.to_string() };
        Ok(self.0.sign(draft).map_err(refused)?.token.into())
    }
}
