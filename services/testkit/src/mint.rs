use std::sync::Arc;
use std::time::Duration;

use api::auth::{Claims, Jwk, Jwks};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Clock, Role, SystemClock};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use uuid::Uuid;
use web::{KeySet, KeySource, TokenRules, Verifier};

/// A key of its own, and tokens signed with it: what the auth service is to the others.
pub struct Mint {
    kid: String,
    key: EncodingKey,
    public: Vec<u8>,
    clock: Arc<dyn Clock>,
}

impl Default for Mint {
    fn default() -> Self {
        Self::new()
    }
}

impl Mint {
    /// A new key, by the machine's clock.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// A new key; tokens begin at this clock's time.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        let pair = Ed25519KeyPair::generate().expect("a key");
        let der: aws_lc_rs::encoding::Pkcs8V1Der = pair.as_der().expect("the key as PKCS #8");
        let key = EncodingKey::from_ed_der(der.as_ref());
        Mint { kid: Uuid::now_v7().to_string(), key, public: pair.public_key().as_ref().to_vec(), clock }
    }

    /// The public key, as auth publishes it.
    pub fn jwks(&self) -> Jwks {
        let word = |text: &str| text.to_owned();
        let x = URL_SAFE_NO_PAD.encode(&self.public);
        let jwk = Jwk {
            kty: word("OKP"),
            crv: word("Ed25519"),
            kid: self.kid.clone(),
            x,
            alg: word("EdDSA"),
            usage: word("sig"),
        };
        Jwks { keys: vec![jwk] }
    }

    /// The public key, as services take it in.
    pub fn keys(&self) -> Arc<dyn KeySource> {
        Arc::new(FixedKeys(KeySet::from_jwks(&self.jwks())))
    }

    /// A verifier that trusts this mint, by the usual rules.
    pub fn verifier(&self) -> Arc<Verifier> {
        Arc::new(Verifier::new(TokenRules::default(), self.keys(), self.clock.clone()))
    }

    /// A token of an hour for somebody new of this role.
    pub fn token(&self, role: Role) -> String {
        self.sign(&self.claims(role))
    }

    /// A token of an hour for this subject, who proved who it is in this way.
    pub fn token_for(&self, subject: impl Into<String>, role: Role, amr: Option<&str>) -> String {
        let claims = Claims { sub: subject.into(), amr: amr.map(str::to_owned), ..self.claims(role) };
        self.sign(&claims)
    }

    /// What a good token of this role says; change it and [`Mint::sign`] it.
    pub fn claims(&self, role: Role) -> Claims {
        let now = self.clock.now().seconds();
        Claims {
            sub: Uuid::now_v7().to_string(),
            role,
            iss: "lanchonete".to_owned(),
            aud: "lanchonete".to_owned(),
            iat: now,
            nbf: now,
            exp: now + 3600,
            jti: Uuid::now_v7().to_string(),
            amr: None,
            name: None,
        }
    }

    /// Signs claims as auth does.
    pub fn sign(&self, claims: &Claims) -> String {
        self.sign_as(claims, Some(&self.kid))
    }

    fn sign_as(&self, claims: &Claims, kid: Option<&str>) -> String {
        let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::EdDSA) };
        encode(&header, claims, &self.key).expect("a signature")
    }

    /// A token that ended an hour ago.
    pub fn expired(&self, role: Role) -> String {
        let good = self.claims(role);
        self.sign(&Claims { iat: good.iat - 7200, nbf: good.nbf - 7200, exp: good.exp - 7200, ..good })
    }

    /// A token of another mint that names this one's key.
    pub fn foreign(&self, role: Role) -> String {
        Mint::with_clock(self.clock.clone()).sign_as(&self.claims(role), Some(&self.kid))
    }

    /// A token without a signature (`alg: none`).
    pub fn unsigned(&self, role: Role) -> String {
        let header = json!({"alg": "none", "typ": "JWT", "kid": self.kid});
        format!("{}.{}.", encoded(&header), self.payload(role))
    }

    /// Every way in which a token can be wrong, by name. None of them may open anything.
    pub fn bad_tokens(&self, role: Role) -> Vec<(&'static str, String)> {
        let good = self.claims(role);
        let changed = |change: &dyn Fn(&mut Claims)| {
            let mut claims = good.clone();
            change(&mut claims);
            self.sign(&claims)
        };
        let token = self.sign(&good);
        let signature = token.rsplit('.').next().unwrap_or_default();
        let header = token.split('.').next().unwrap_or_default();
        let day = i64::try_from(Duration::from_secs(86_400).as_secs()).expect("a day fits");
        let crown = Claims { role: Role::Admin, sub: "somebody else".to_owned(), ..good.clone() };
        let crown = encoded(&serde_json::to_value(crown).expect("claims as JSON"));
        vec![
            ("expired", self.expired(role)),
            ("not yet valid", changed(&|c| c.nbf += day)),
            ("another issuer", changed(&|c| c.iss = "mallory".to_owned())),
            ("another audience", changed(&|c| c.aud = "mallory".to_owned())),
            ("another mint's signature", self.foreign(role)),
            ("a key that nobody published", self.sign_as(&good, Some("no-such-key"))),
            ("no key named", self.sign_as(&good, None)),
            ("alg none", self.unsigned(role)),
            ("alg none with the old signature", format!("{}{signature}", self.unsigned(role))),
            ("HS256 with the public key as secret", self.confused(role)),
            ("another payload under the signature", format!("{header}.{crown}.{signature}")),
            ("an extension that must be understood", self.critical(role)),
            ("no signature", format!("{header}.{}", self.payload(role))),
            ("garbage", "not.a.token".to_owned()),
            ("nothing", String::new()),
        ]
    }

    /// The classic confusion of algorithms: an HMAC whose secret is the public key.
    fn confused(&self, role: Role) -> String {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::HS256) };
        encode(&header, &self.claims(role), &EncodingKey::from_secret(&self.public)).expect("an HMAC")
    }

    fn critical(&self, role: Role) -> String {
        let header =
            Header { kid: Some(self.kid.clone()), crit: Some(vec!["exp".to_owned()]), ..Header::new(Algorithm::EdDSA) };
        encode(&header, &self.claims(role), &self.key).expect("a signature")
    }

    fn payload(&self, role: Role) -> String {
        encoded(&serde_json::to_value(self.claims(role)).expect("claims as JSON"))
    }
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Keys that never change. An empty set is a service that has not heard from auth yet.
#[derive(Debug, Clone, Default)]
pub struct FixedKeys(pub KeySet);

impl KeySource for FixedKeys {
    fn current(&self) -> KeySet {
        self.0.clone()
    }
}
