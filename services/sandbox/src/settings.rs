use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, SystemClock};
use mercadopago::control::Chaos;
use mercadopago::signature::Casing;
use secrecy::SecretString;
use url::Url;
use web::Limits;

/// In which unit notifications are dated. MercadoPago's pages say milliseconds, its traffic shows seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TsUnit {
    /// Ten digits.
    #[default]
    Seconds,
    /// Thirteen digits.
    Millis,
}

/// How the sandbox behaves.
#[derive(Clone)]
pub struct Settings {
    /// The SQLite file that keeps its state.
    pub database: PathBuf,
    /// Where it is reached, for the links that it gives out.
    pub public_url: Url,
    /// What notifications are signed with.
    pub webhook_secret: SecretString,
    /// Where notifications go that name no address of their own, like the address in MercadoPago's panel.
    pub notification_url: Option<Url>,
    /// What the 15 minutes between two tries of a notification are multiplied with; 1 is MercadoPago's schedule.
    pub retry_scale: f64,
    /// In which unit notifications are dated.
    pub ts_unit: TsUnit,
    /// How the `data.id` is written in what is signed.
    pub casing: Casing,
    /// The least time that a Pix must be payable; MercadoPago's is 30 minutes.
    pub min_expiry: Duration,
    /// What goes wrong on purpose from the start.
    pub chaos: Chaos,
    /// How much one request may take; its time is longer here, because a hostile network is played in it.
    pub limits: Limits,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

impl Settings {
    /// As MercadoPago behaves.
    pub fn new(database: PathBuf, public_url: Url, webhook_secret: SecretString) -> Self {
        Settings {
            database,
            public_url,
            webhook_secret,
            notification_url: None,
            retry_scale: 1.0,
            ts_unit: TsUnit::Seconds,
            casing: Casing::AsReceived,
            min_expiry: Duration::from_secs(30 * 60),
            chaos: Chaos::default(),
            limits: Limits::default(),
            clock: Arc::new(SystemClock),
        }
    }
}
