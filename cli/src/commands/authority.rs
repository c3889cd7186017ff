//! The auth store, opened by a command without the service.

use auth::{
    Argon2, Authority, Clients, CpfKeys, IssueError, Key, Lives, OpenError, RegisterError, RevokeError, Settings,
};
use store::StoreUrl;

use crate::config::{Config, Service};
use crate::exit::{Exit, Failure, Outcome, store_not_opened};
use crate::master_key::{MasterKey, Use};

/// Whether the auth store can be opened from here.
pub(crate) fn is_here(config: &Config) -> bool {
    match &config.auth.place.database {
        StoreUrl::Sqlite(path) => path.exists(),
        StoreUrl::Mongo(_) => true,
    }
}

/// Opens the store that the auth service of this configuration uses, whether it runs or not.
pub(crate) async fn open(config: &Config) -> Outcome<Authority> {
    if !is_here(config) {
        return Err(Failure::new(Exit::Store, format!("there is no auth store {}", config.auth.place.database))
            .hint("`lanchonete up` makes one; or name another one with --auth-database"));
    }
    let key = MasterKey::find(config.security.master_key.as_ref(), &config.data_dir)?;
    Authority::open(settings(config, &key)).await.map_err(open_failure)
}

/// What auth is told.
pub(crate) fn settings(config: &Config, key: &MasterKey) -> Settings {
    let derived = |purpose| Key::new(key.derive(purpose));
    let cpf_keys = CpfKeys { lookup: derived(Use::CpfLookup), display: derived(Use::CpfDisplay) };
    let clients =
        Clients { order: key.derive_text(Use::OrderClientSecret), payment: key.derive_text(Use::PaymentClientSecret) };
    let auth = &config.auth;
    let mut settings = Settings::new(auth.place.database.clone(), derived(Use::SigningKeyWrap), cpf_keys, clients);
    settings.mongo = config.mongodb(Service::Auth);
    settings.tokens.issuer.clone_from(&config.security.issuer);
    settings.tokens.audience.clone_from(&config.security.audience);
    settings.limits = config.limits.clone();
    settings.lives = Lives {
        password: auth.password_ttl,
        presence: auth.presence_ttl,
        service: auth.service_ttl,
        ..Lives::default()
    };
    settings.argon2 = Argon2 {
        memory_kib: auth.argon2_memory_kib,
        iterations: auth.argon2_iterations,
        lanes: auth.argon2_lanes,
        parallel: auth.argon2_parallel,
        waiting: auth.argon2_waiting,
    };
    settings.throttle.address_tries = auth.address_tries;
    settings.throttle.address_refill = auth.address_refill;
    settings
}

/// Why the auth store can't be used.
pub(crate) fn open_failure(error: OpenError) -> Failure {
    match error {
        OpenError::Store(error) => store_not_opened(error),
        OpenError::Setting { .. } => Failure::usage(error.to_string()),
        OpenError::WrappingKey { .. } => Failure::usage(error.to_string())
            .hint("put back the master.key that belongs to this store, or set LANCHONETE_SECURITY_MASTER_KEY"),
        OpenError::Internal(_) => Failure::internal(error.to_string()),
    }
}

/// Why a use case of auth failed, whatever was asked.
fn failed(failure: auth::Failure) -> Failure {
    match failure {
        auth::Failure::Store(error) => error.into(),
        auth::Failure::Busy => Failure::unreachable(failure.to_string()),
        auth::Failure::Internal(_) => Failure::internal(failure.to_string()),
    }
}

/// Why no token was signed.
pub(crate) fn issue_failure(error: IssueError) -> Failure {
    match error {
        IssueError::Failed(failure) => failed(failure),
        IssueError::Subject | IssueError::Name(_) | IssueError::Ttl(_) => Failure::usage(error.to_string()),
    }
}

/// Why no token was taken back.
pub(crate) fn revoke_failure(error: RevokeError) -> Failure {
    match error {
        RevokeError::Failed(failure) => failed(failure),
        RevokeError::Id => Failure::usage(error.to_string()),
    }
}

/// Why nobody was registered.
pub(crate) fn register_failure(error: RegisterError) -> Failure {
    match error {
        RegisterError::Failed(failure) => failed(failure),
        RegisterError::Taken { .. } => Failure::refused(error.to_string()),
        RegisterError::Name(_) | RegisterError::Password => Failure::usage(error.to_string()),
    }
}
