//! The services, put together in this process.

mod chaos;
pub(crate) mod demo;
mod open;
mod patience;
mod room;
mod socket;

use std::future::Future;
use std::time::Duration;

use axum::Router;
use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use web::Limits;

use crate::config::{Config, Service};
use crate::exit::{Failure, Outcome};

pub(crate) use chaos::told;
pub(crate) use open::{Addresses, auth, is_live, order, payment, sandbox};
pub(crate) use patience::patiently;
pub(crate) use room::{make_room, say_who_can_reach};
pub(crate) use socket::Reserved;

/// What a worker may still take after the requests have drained, so that all of it ends within 10 seconds.
const LAST_WORK: Duration = Duration::from_secs(2);

/// When the workers of a service are told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// As soon as nobody new is let in: they end streams, and wait for the requests themselves.
    WithRequests,
    /// When the last request was answered, because they close the store.
    AfterRequests,
}

/// A service that is open but neither works nor answers yet.
pub(crate) struct Unit {
    service: Service,
    end: End,
    router: Router,
    limits: Limits,
    work: BoxFuture<'static, ()>,
    stop: CancellationToken,
}

/// A service whose workers run.
pub(crate) struct Working {
    service: Service,
    end: End,
    pub(crate) router: Router,
    limits: Limits,
    worker: JoinHandle<()>,
    stop: CancellationToken,
}

impl Unit {
    fn new<W>(
        config: &Config,
        service: Service,
        end: End,
        router: Router,
        work: impl FnOnce(CancellationToken) -> W,
    ) -> Self
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let stop = CancellationToken::new();
        let router = web::open_to(&config.place(service).cors_origins, router);
        let limits = config.limits.clone();
        Unit { service, end, router, limits, work: Box::pin(work(stop.clone())), stop }
    }

    /// Starts its workers.
    pub(crate) fn start(self) -> Working {
        let Unit { service, end, router, limits, work, stop } = self;
        Working { service, end, router, limits, worker: tokio::spawn(work), stop }
    }
}

impl Working {
    /// Answers until `shutdown`, finishes what it accepted, and only then lets the workers end and the store close.
    pub(crate) async fn serve(self, listener: TcpListener, shutdown: CancellationToken) -> Outcome {
        if self.end == End::WithRequests {
            let (stop, shutdown) = (self.stop.clone(), shutdown.clone());
            tokio::spawn(async move {
                shutdown.cancelled().await;
                stop.cancel();
            });
        }
        let served = self.limits.serve(self.router, listener, shutdown).await;
        self.stop.cancel();
        if tokio::time::timeout(LAST_WORK, self.worker).await.is_err() {
            tracing::warn!(service = self.service.name(), "the workers did not end in time");
        }
        served.map_err(|error| Failure::internal(format!("{}: {error}", self.service.name())))
    }
}

/// Cancelled by SIGTERM or Ctrl-C; a second one ends the process at once.
pub(crate) fn shutdown_signal() -> Outcome<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let shutdown = CancellationToken::new();
    let told = shutdown.clone();
    tokio::spawn(async move {
        for _ in 0..2 {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if told.is_cancelled() {
                std::process::exit(crate::exit::Exit::Internal as i32);
            }
            told.cancel();
        }
    });
    Ok(shutdown)
}
