use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, SystemClock};
use secrecy::SecretString;
use store::StoreUrl;
use store::mongo::ConnectOptions;
use url::Url;
use web::{Limits, TokenRules};

use crate::Key;

/// What the service is made from.
#[derive(Clone)]
pub struct Settings {
    /// Where persons and signing keys are kept.
    pub store: StoreUrl,
    /// How the store is reached, where it is a MongoDB.
    pub mongo: ConnectOptions,
    /// Encrypts the signing keys in the store.
    pub wrapping_key: Key,
    /// Hide the CPFs in the store.
    pub cpf_keys: CpfKeys,
    /// Our services that may ask for a token of their own.
    pub clients: Clients,
    /// What every token says and is checked for: issuer, audience, and how far clocks may be apart.
    pub tokens: TokenRules,
    /// How long tokens live.
    pub lives: Lives,
    /// What a password costs.
    pub argon2: Argon2,
    /// What guessing passwords costs.
    pub throttle: Throttle,
    /// The services that know customers too; nobody is erased without them.
    pub peers: Option<Peers>,
    /// When things happen by themselves.
    pub timings: Timings,
    /// How much one request may take.
    pub limits: Limits,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

impl Settings {
    /// These secrets and the defaults for everything else.
    pub fn new(store: StoreUrl, wrapping_key: Key, cpf_keys: CpfKeys, clients: Clients) -> Self {
        Settings {
            store,
            mongo: ConnectOptions::default(),
            wrapping_key,
            cpf_keys,
            clients,
            tokens: TokenRules::default(),
            lives: Lives::default(),
            argon2: Argon2::default(),
            throttle: Throttle::default(),
            peers: None,
            timings: Timings::default(),
            limits: Limits::default(),
            clock: Arc::new(SystemClock),
        }
    }
}

/// Where the other services are.
#[derive(Debug, Clone)]
pub struct Peers {
    /// The order service.
    pub order: Url,
    /// The payment service.
    pub payment: Url,
}

/// When things happen by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// A new signing key is published for this long before it signs: longer than anybody takes to hear of it.
    pub publish_ahead: Duration,
    /// How often keys and revocations are read again, because another process may have changed them.
    pub reload: Duration,
    /// How long after an erasure began the other services are asked again, for what a token that was not yet refused
    /// everywhere may have left: longer than a revocation takes.
    pub sweep_after: Duration,
    /// How long a call to another service may take.
    pub call_timeout: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Timings {
            publish_ahead: Duration::from_secs(30),
            reload: Duration::from_secs(2),
            sweep_after: Duration::from_secs(20),
            call_timeout: Duration::from_secs(8),
        }
    }
}

/// The two keys of a CPF: one finds it, the other shows it.
#[derive(Debug, Clone)]
pub struct CpfKeys {
    /// Of the keyed hash by which a person is found.
    pub lookup: Key,
    /// Of the ciphertext from which the CPF can be read again.
    pub display: Key,
}

/// The secrets of the services that sign in with `client_credentials`: letters, digits, `-` and `_` only, which look the
/// same in a form, in HTTP Basic and in a URL.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Of the client `order`.
    pub order: SecretString,
    /// Of the client `payment`.
    pub payment: SecretString,
}

/// How long tokens live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lives {
    /// After signing in with a password.
    pub password: Duration,
    /// After identify, register or anonymous.
    pub presence: Duration,
    /// Of one of our services.
    pub service: Duration,
    /// Longest life of a token that `token issue` signs.
    pub device_max: Duration,
}

impl Default for Lives {
    fn default() -> Self {
        const HOUR: u64 = 3600;
        Lives {
            password: Duration::from_secs(8 * HOUR),
            presence: Duration::from_secs(2 * HOUR),
            service: Duration::from_secs(HOUR),
            device_max: Duration::from_secs(400 * 24 * HOUR),
        }
    }
}

/// The cost of argon2id (RFC 9106). The default is OWASP's first choice for little memory:
/// <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2 {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub lanes: u32,
    /// Passwords hashed at the same time; more wait.
    pub parallel: usize,
    /// Passwords that may wait; more are refused.
    pub waiting: usize,
}

impl Default for Argon2 {
    fn default() -> Self {
        Argon2 { memory_kib: 19 * 1024, iterations: 2, lanes: 1, parallel: 2, waiting: 64 }
    }
}

/// When guessing at passwords is slowed down: of one account, and from one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// Wrong passwords in a row that cost nothing.
    pub free: u32,
    /// The wait after the last free one; it doubles with each further wrong password.
    pub first_wait: Duration,
    /// The wait grows no longer than this.
    pub longest_wait: Duration,
    /// Failures are forgotten this long after the last one.
    pub forget_after: Duration,
    /// Accounts, and addresses, remembered; beyond that the one that failed longest ago is forgotten.
    pub accounts: usize,
    /// Wrong passwords from one address that are looked at without a wait; 0 lets any number through.
    pub address_tries: u32,
    /// One of those tries comes back after this long.
    pub address_refill: Duration,
}

impl Default for Throttle {
    fn default() -> Self {
        Throttle {
            free: 5,
            first_wait: Duration::from_secs(5),
            longest_wait: Duration::from_secs(300),
            forget_after: Duration::from_secs(3600),
            accounts: 10_000,
            address_tries: 60,
            address_refill: Duration::from_secs(5),
        }
    }
}
