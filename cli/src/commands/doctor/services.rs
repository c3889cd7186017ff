//! Whether each service answers, has what it needs, and has given nothing up.

use std::collections::BTreeSet;
use std::time::Duration;

use api::client::{Http, http_client};
use api::{Health, Readiness};
use domain::Role;

use super::{Findings, clock};
use crate::clients::Session;
use crate::config::{Service, bare};
use crate::exit::{Failure, Outcome};

/// The longest that one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Looks at each service that this configuration uses; gives back those that answer.
pub(super) async fn look(session: &Session, findings: &mut Findings) -> Outcome<BTreeSet<Service>> {
    let http = http_client(PATIENCE).map_err(|error| Failure::internal(error.to_string()))?;
    let used = Service::ALL.into_iter().filter(|service| *service != Service::Sandbox || session.config.uses_sandbox());
    let (mut answering, mut clocks) = (BTreeSet::new(), Vec::new());
    for service in used {
        let found = ask(session, service, &http, &mut clocks).await;
        if findings.keep(service.name(), found, Clone::clone).is_some() {
            answering.insert(service);
        }
    }
    findings.add("clock", clock::judge(&clocks));
    if answering.contains(&Service::Auth) {
        findings.add("token", token(session).await);
    }
    if answering.contains(&Service::Order) {
        let order = async { given_up(session.order(Role::Admin).await?.http(), "order").await };
        findings.add("order outbox", order.await);
    }
    if answering.contains(&Service::Payment) {
        let payment = async { given_up(session.payment(Role::Admin).await?.http(), "payment").await };
        findings.add("payment outbox", payment.await);
    }
    Ok(answering)
}

async fn ask(
    session: &Session,
    service: Service,
    http: &reqwest::Client,
    clocks: &mut Vec<Duration>,
) -> Outcome<String> {
    let url = bare(&session.url(service));
    let unreachable = |error: reqwest::Error| {
        Failure::unreachable(format!("{url} does not answer: {}", error.without_url()))
            .hint(format!("`lanchonete up` starts everything, `lanchonete serve {}` this one", service.name()))
    };
    let stranger = || {
        Failure::refused(format!("{url} is answered by something else"))
            .hint(format!("see who listens there, or set {}.url", service.name()))
    };
    let answer = http.get(format!("{url}/health")).send().await.map_err(unreachable)?;
    clocks.extend(clock::apart(&answer));
    let health: Health = answer.json().await.map_err(|_| stranger())?;
    if health.service != service.name() {
        return Err(stranger());
    }
    let ready = http.get(format!("{url}/ready")).send().await.map_err(unreachable)?;
    let ready: Readiness = ready.json().await.map_err(|_| stranger())?;
    let missing: Vec<String> = ready.dependencies.iter().filter(|needed| needed.is_missing()).map(named).collect();
    if !missing.is_empty() {
        return Err(Failure::unreachable(format!("{url} is not ready: {}", missing.join("; ")))
            .hint("see what is said of that above and below; the service's log says more"));
    }
    if health.version != env!("CARGO_PKG_VERSION") {
        return Err(Failure::refused(format!("{url} runs version {}, this is another", health.version))
            .hint("start it again with this program"));
    }
    Ok(format!("{url}, ready, version {}", health.version))
}

fn named(needed: &api::Dependency) -> String {
    match &needed.detail {
        Some(detail) => format!("{} ({detail})", needed.name),
        None => needed.name.clone(),
    }
}

/// Whether the token of this machine opens anything.
async fn token(session: &Session) -> Outcome<String> {
    let me = session.auth(Role::Admin).await?.me().await?;
    Ok(format!("of {} is taken", me.id))
}

async fn given_up(service: &Http, name: &str) -> Outcome<String> {
    let letters = service.dead_letters(0, 1).await?;
    if letters.total > 0 {
        return Err(Failure::refused(format!("{} entries were given up", letters.total))
            .hint(format!("`lanchonete {name} replay --list` shows them, without --list they are tried again")));
    }
    Ok("nothing was given up".to_owned())
}
