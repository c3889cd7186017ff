//! `token issue|inspect|revoke`: with the auth store's keys, whether the service runs or not.

use domain::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tui::text::safe;
use uuid::Uuid;

use super::authority;
use crate::args::{Common, Token, TokenInspect, TokenIssue, TokenRevoke};
use crate::config::{Config, Overrides, Purpose};
use crate::duration;
use crate::exit::{Failure, Outcome};
use crate::local::local;
use crate::print::Printer;

pub(crate) async fn run(common: &Common, args: Token, printer: Printer) -> Outcome {
    match args {
        Token::Issue(args) => issue(common, args, printer).await,
        Token::Inspect(args) => inspect(common, args, printer).await,
        Token::Revoke(args) => revoke(common, args, printer).await,
    }
}

async fn issue(common: &Common, args: TokenIssue, printer: Printer) -> Outcome {
    let life = duration::parse(&args.ttl).map_err(|error| Failure::usage(format!("--ttl {error}")))?;
    let config = Config::load(common, Purpose::Client, Overrides::default())?;
    let authority = authority::open(&config).await?;
    let issued = authority.issue(args.role, args.subject.as_deref(), life, args.name.as_deref());
    authority.close().await;
    let issued = issued.map_err(authority::issue_failure)?;
    let value = json!({
        "access_token": issued.token, "token_type": "bearer", "expires_in": issued.expires_in,
        "role": issued.claims.role, "subject": issued.claims.sub, "jti": issued.claims.jti,
    });
    printer.data(&value, || issued.token.clone())?;
    Ok(())
}

/// What was typed, or the first line of stdin for `-`.
fn typed(token: SecretString) -> Outcome<SecretString> {
    match token.expose_secret() {
        "-" => super::admin::password_from_stdin(),
        _ => Ok(token),
    }
}

async fn revoke(common: &Common, args: TokenRevoke, printer: Printer) -> Outcome {
    let token = typed(args.revoked)?;
    let token = token.expose_secret().trim();
    // A token has dots (RFC 7519 §3.1), an id of ours has none.
    let is_token = token.contains('.');
    if !is_token && token.parse::<Uuid>().is_err() {
        return Err(Failure::usage("this is neither a token nor the id of one")
            .hint("`lanchonete token inspect TOKEN` shows a token's id"));
    }
    let config = Config::load(common, Purpose::Client, Overrides::default())?;
    let authority = authority::open(&config).await?;
    let revoked = match is_token {
        true => authority.revoke_token(token).await,
        false => authority.revoke_id(token, None).await.map(Some),
    };
    authority.close().await;
    let Some(jti) = revoked.map_err(authority::revoke_failure)? else {
        return Err(Failure::refused("this token does not hold: there is nothing to take back")
            .hint("`lanchonete token inspect` says why"));
    };
    printer.data(&json!({ "jti": jti }), || format!("revoked  {jti}\n"))?;
    printer.talk("Every service refuses it within 15 seconds of hearing from auth.");
    Ok(())
}

async fn inspect(common: &Common, args: TokenInspect, printer: Printer) -> Outcome {
    inspect_token(common, &typed(args.inspected)?, printer).await
}

async fn inspect_token(common: &Common, token: &SecretString, printer: Printer) -> Outcome {
    let config = Config::load(common, Purpose::Client, Overrides::default())?;
    let authority = authority::open(&config).await?;
    let found = authority.inspect(token.expose_secret());
    authority.close().await;
    let reason = found.fault.as_ref().map(ToString::to_string);
    let value = json!({ "valid": reason.is_none(), "reason": reason, "kid": found.kid, "claims": found.claims });
    // Anybody may have written what does not hold.
    printer.data(&value, || {
        let mut text = format!("valid    {}\n", reason.as_deref().map_or("yes".to_owned(), |why| format!("no: {why}")));
        if let Some(kid) = &found.kid {
            text.push_str(&format!("kid      {}\n", safe(kid)));
        }
        if let Some(claims) = &found.claims {
            let at = |seconds: i64| local(Timestamp::from_millis(seconds.saturating_mul(1000)), &config.order.day);
            text.push_str(&format!("subject  {}\nrole     {}\n", safe(&claims.sub), claims.role));
            text.push_str(&format!("issued   {}\nexpires  {}\n", at(claims.iat), at(claims.exp)));
            text.push_str(&format!("id       {}\n", safe(&claims.jti)));
            let more = [("name", &claims.name), ("amr", &claims.amr)];
            for (label, value) in more.into_iter().filter_map(|(label, value)| Some((label, value.as_ref()?))) {
                text.push_str(&format!("{label:<9}{}\n", safe(value)));
            }
        }
        text
    })?;
    match reason {
        None => Ok(()),
        Some(reason) => Err(Failure::refused(reason).hint("`lanchonete token issue` signs a new one")),
    }
}
