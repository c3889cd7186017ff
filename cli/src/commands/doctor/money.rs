//! Whether payments can be asked for, and whether MercadoPago can tell us of them.

use std::collections::BTreeSet;
use std::time::Duration;

use mercadopago::{Client, Settings};
use secrecy::SecretString;

use super::Findings;
use crate::clients::Session;
use crate::config::{Config, Service, bare};
use crate::exit::{Failure, Outcome, with_causes};

/// The longest that MercadoPago may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn look(session: &Session, answering: BTreeSet<Service>, findings: &mut Findings) -> Outcome {
    let config = &session.config;
    // The sandbox has been looked at as a service.
    if let Some(token) = &config.mercadopago.access_token {
        findings.add("MercadoPago", provider(config, token.clone()).await);
        findings.add("notifications", notifications(config));
    } else if answering.contains(&Service::Sandbox) {
        findings.add("MercadoPago", Ok("the sandbox stands in; no real money moves"));
    }
    Ok(())
}

async fn provider(config: &Config, access_token: SecretString) -> Outcome<String> {
    let base_url = config.mercadopago.base_url.clone();
    let shown = bare(&base_url);
    let user_agent = concat!("lanchonete/", env!("CARGO_PKG_VERSION")).to_owned();
    let client = Client::new(Settings { base_url, access_token, timeout: PATIENCE, user_agent })?;
    client.ping().await.map_err(|error| match error {
        mercadopago::Error::Unauthorized { .. } => Failure::refused(format!("{shown} does not take our token"))
            .hint("copy mercadopago.access_token again from Suas integrações > Credenciais"),
        other => Failure::unreachable(format!("{shown}: {}", with_causes(&other)))
            .hint("is this machine connected to the internet? is mercadopago.base_url right?"),
    })?;
    Ok(format!("{shown} answers and takes our token"))
}

/// MercadoPago must find the payment service from the internet.
fn notifications(config: &Config) -> Outcome<String> {
    let Some(url) = &config.payment.public_url else {
        return Err(Failure::usage("MercadoPago is not told where to send notifications")
            .hint("set payment.public_url to the https address under which the payment service is reached"));
    };
    let shown = bare(url);
    if url.scheme() != "https" {
        return Err(Failure::usage(format!("{shown} is not https, which MercadoPago wants"))
            .hint("set payment.public_url to the https address of a proxy before the payment service"));
    }
    Ok(format!("come to {shown}/payments/webhook"))
}
