use domain::CustomerId;
use reqwest::Method;
use reqwest::header::LOCATION;

use super::{CallError, Http};
use crate::auth::{
    Admitted, Anonymous, Customer, Erased, Identify, Jwks, Me, NewAdmin, Register, Revocation, TokenAnswer,
};

/// The auth service.
#[derive(Clone)]
pub struct AuthClient(Http);

impl AuthClient {
    /// Talks to the auth service at this address.
    pub fn new(http: Http) -> Self {
        AuthClient(http)
    }

    /// The address and token underneath.
    pub fn http(&self) -> &Http {
        &self.0
    }

    async fn token(&self, form: &[(&str, &str)]) -> Result<TokenAnswer, CallError> {
        self.0.call(self.0.request(Method::POST, "/token").form(form)).await
    }

    /// Signs in with an e-mail or CPF.
    pub async fn password_token(&self, username: &str, password: &str) -> Result<TokenAnswer, CallError> {
        self.token(&[("grant_type", "password"), ("username", username), ("password", password)]).await
    }

    /// A token for a service (RFC 6749 §4.4).
    pub async fn client_token(&self, id: &str, secret: &str) -> Result<TokenAnswer, CallError> {
        self.token(&[("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)]).await
    }

    /// Who the token is.
    pub async fn me(&self) -> Result<Me, CallError> {
        self.0.get("/auth").await
    }

    /// The public keys.
    pub async fn jwks(&self) -> Result<Jwks, CallError> {
        self.0.get("/.well-known/jwks.json").await
    }

    /// Which tokens no longer hold, and the tag of that list; `None` while it is still the one with this tag.
    pub async fn revocations(
        &self,
        etag: Option<&str>,
    ) -> Result<Option<(Vec<Revocation>, Option<String>)>, CallError> {
        self.0.get_if_changed("/revocations", etag).await
    }

    /// Finds a customer by CPF.
    pub async fn identify(&self, body: &Identify) -> Result<Admitted, CallError> {
        self.0.post("/customer/identify", body).await
    }

    /// Makes a customer.
    pub async fn register(&self, body: &Register) -> Result<Admitted, CallError> {
        self.0.post("/customer/register", body).await
    }

    /// Makes an anonymous customer.
    pub async fn anonymous(&self) -> Result<Admitted, CallError> {
        self.0.post("/customer/anonymous", &Anonymous {}).await
    }

    /// Begins to erase a person everywhere; gives the path of the receipt.
    pub async fn erase(&self, id: CustomerId) -> Result<String, CallError> {
        let response = self.0.send(self.0.request(Method::DELETE, &format!("/customer/{id}"))).await?;
        let receipt = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        receipt.map(str::to_owned).ok_or_else(|| CallError::Nonsense {
            url: self.0.base().origin().ascii_serialization(),
            status: response.status().as_u16(),
            reason: "no Location".to_owned(),
        })
    }

    /// How far an erasure is, from the path of its receipt.
    pub async fn erasure(&self, receipt: &str) -> Result<Erased, CallError> {
        self.0.get(receipt).await
    }

    /// Makes an administrator.
    pub async fn create_admin(&self, body: &NewAdmin) -> Result<Customer, CallError> {
        self.0.post("/customers/admin", body).await
    }
}
