//! `webhook simulate|sign|verify`.

mod simulate;

use domain::{Clock, SystemClock};
use mercadopago::signature::{self, Casing, Parts};
use secrecy::SecretString;
use serde_json::json;

use crate::args::{Common, Sign, Verify, Webhook};
use crate::config::{Config, Overrides, Purpose};
use crate::duration;
use crate::exit::{Failure, Outcome};
use crate::local::local;
use crate::master_key::{MasterKey, Use};
use crate::print::Printer;

pub(crate) async fn run(common: &Common, args: Webhook, printer: Printer) -> Outcome {
    match args {
        Webhook::Simulate(args) => simulate::run(common, args, printer).await,
        Webhook::Sign(args) => sign(common, args, printer),
        Webhook::Verify(args) => verify(common, &args, printer),
    }
}

fn sign(common: &Common, args: Sign, printer: Printer) -> Outcome {
    let config = Config::load(common, Purpose::Client, Overrides::default())?;
    let secrets = secrets(&config, args.secret)?;
    let ts = args.ts.unwrap_or_else(|| SystemClock.now().seconds().to_string());
    if ts.is_empty() || !ts.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Failure::usage("--ts must be a number of seconds or milliseconds"));
    }
    let header = signature::header(&secrets[0], args.data_id.as_deref(), args.request_id.as_deref(), &ts);
    let value = json!({ "x-signature": header, "ts": ts, "data_id": args.data_id, "request_id": args.request_id });
    Ok(printer.data(&value, || header.clone())?)
}

fn verify(common: &Common, args: &Verify, printer: Printer) -> Outcome {
    let window = duration::parse(&args.window).map_err(|error| Failure::usage(format!("--window {error}")))?;
    let config = Config::load(common, Purpose::Client, Overrides::default())?;
    let secrets = secrets(&config, args.secret.clone())?;
    let parts = Parts {
        signature: Some(&args.signature),
        request_id: args.request_id.as_deref(),
        data_id: args.data_id.as_deref(),
    };
    match signature::verify(&parts, &secrets, SystemClock.now(), window) {
        Ok(matched) => {
            let lower = matched.casing == Casing::Lowercase;
            let value = json!({
                "valid": true, "signed_at": matched.signed_at, "secret": matched.secret, "data_id_in_lower_case": lower,
            });
            Ok(printer.data(&value, || format!("valid, signed {}\n", local(matched.signed_at, &config.order.day)))?)
        }
        Err(error) => {
            printer.data(&json!({ "valid": false, "reason": error.to_string() }), String::new)?;
            Err(Failure::refused(error.to_string())
                .hint("data.id is the query parameter, x-request-id the header, both as received"))
        }
    }
}

/// The secret given, or those that the payment service checks with.
fn secrets(config: &Config, given: Option<SecretString>) -> Outcome<Vec<SecretString>> {
    if let Some(secret) = given {
        return Ok(vec![secret]);
    }
    webhook_secrets(config, || MasterKey::find(config.security.master_key.as_ref(), &config.data_dir))
}

/// The configured secrets, or the sandbox's.
pub(crate) fn webhook_secrets(config: &Config, key: impl FnOnce() -> Outcome<MasterKey>) -> Outcome<Vec<SecretString>> {
    let mercadopago = &config.mercadopago;
    let configured = [&mercadopago.webhook_secret, &mercadopago.webhook_secret_previous];
    let configured: Vec<_> = configured.into_iter().flatten().cloned().collect();
    if configured.is_empty() { Ok(vec![key()?.derive_text(Use::SandboxWebhookSecret)]) } else { Ok(configured) }
}
