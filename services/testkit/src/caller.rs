use std::time::Duration;

use api::{OAuthError, Problem, ProblemKind};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::eventually;

/// Longer than any service takes, so that what a test sees is the service's answer and never this caller's impatience.
const PATIENCE: Duration = Duration::from_secs(120);

/// Somebody who calls a service, and looks at each answer: it names its request, says what it is, and an error is a
/// problem (or the OAuth body) whose status and code agree. Faults of the server end the test unless expected.
#[derive(Clone)]
pub struct Caller {
    client: Client,
    base: String,
    token: Option<String>,
    faults_expected: bool,
}

/// An answer that was checked.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, where it is JSON; `null` otherwise.
    pub json: Value,
    /// The body as text.
    pub text: String,
}

impl Caller {
    /// Calls the service at this address.
    pub fn new(base: impl AsRef<str>) -> Self {
        // Reading the machine's certificates takes a while, and nothing here speaks TLS.
        let client = Client::builder().timeout(PATIENCE).no_proxy().tls_certs_only([]);
        let client = client.build().expect("an HTTP client");
        let base = base.as_ref().trim_end_matches('/').to_owned();
        Caller { client, base, token: None, faults_expected: false }
    }

    /// The same with a token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Caller { token: Some(token.into()), ..self.clone() }
    }

    /// The same, where answers of 500 and above are what the test is about.
    #[must_use]
    pub fn expecting_faults(&self) -> Self {
        Caller { faults_expected: true, ..self.clone() }
    }

    /// Starts a request, with the token; send it with [`Caller::send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request and checks the answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let answer = Answer::read(response).await;
        answer.check();
        assert!(self.faults_expected || answer.status < 500, "a fault of the server: {answer:#?}");
        answer
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// What the service says once it is ready. On a slow machine its store may answer too late for a while.
    pub async fn ready(&self) -> Answer {
        let caller = self.expecting_faults();
        eventually(PATIENCE, async || Some(caller.get("/ready").await).filter(|answer| answer.status == 200)).await
    }

    /// `POST` of a JSON body.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// `PATCH` of a JSON body.
    pub async fn patch(&self, path: &str, body: &impl Serialize) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }
}

impl Answer {
    async fn read(response: Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.expect("a body");
        let json = serde_json::from_str(&text).unwrap_or_default();
        Answer { status, headers, json, text }
    }

    fn check(&self) {
        assert!(self.header("x-request-id").is_some_and(|id| !id.is_empty()), "no x-request-id: {self:#?}");
        if self.status < 400 {
            return;
        }
        match self.header(CONTENT_TYPE.as_str()) {
            Some("application/problem+json") => self.check_problem(),
            Some(kind) if kind.starts_with("application/json") => self.check_other(),
            kind => panic!("an error as {kind:?}: {self:#?}"),
        }
        if self.status == 401 {
            assert!(self.header(WWW_AUTHENTICATE.as_str()).is_some(), "401 without WWW-Authenticate: {self:#?}");
        }
    }

    fn check_problem(&self) {
        let problem = self.problem();
        let kind = ProblemKind::ALL.iter().find(|kind| kind.code() == problem.code);
        let kind = kind.unwrap_or_else(|| panic!("an unknown code: {self:#?}"));
        assert_eq!((problem.status, kind.status()), (self.status, self.status), "the statuses differ: {self:#?}");
        assert_eq!(problem.kind, kind.type_uri(), "the type is another's: {self:#?}");
        assert!(!problem.title.is_empty() && !problem.detail.is_empty(), "says nothing: {self:#?}");
        assert!(problem.instance.starts_with('/'), "no instance: {self:#?}");
        let waits = matches!(self.status, 429 | 503);
        assert!(!waits || self.header(RETRY_AFTER.as_str()).is_some(), "no Retry-After: {self:#?}");
    }

    /// The OAuth error, what `/ready` lacks, and MercadoPago's error bodies, which are objects all the same.
    fn check_other(&self) {
        let known = serde_json::from_str::<OAuthError>(&self.text).is_ok()
            || serde_json::from_str::<api::Readiness>(&self.text).is_ok()
            || self.json["message"].is_string();
        assert!(known, "an error of no known shape: {self:#?}");
    }

    /// Goes on only with this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// Goes on only with this refusal.
    #[track_caller]
    pub fn refused(self, kind: ProblemKind) -> Problem {
        let problem = self.problem();
        assert_eq!(problem.code, kind.code(), "{self:#?}");
        problem
    }

    /// The body as a problem.
    #[track_caller]
    pub fn problem(&self) -> Problem {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("no problem ({error}): {self:#?}"))
    }

    /// The body as this type.
    #[track_caller]
    pub fn parse<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("not what was expected ({error}): {self:#?}"))
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
