use std::time::Duration;

use domain::{Money, PaymentStatus};
use mercadopago::brcode::{self, Target};
use mercadopago::control::Move;
use mercadopago::{Error, Item, NewPreference, PreferenceUpdate};
use serde_json::Value;

use crate::lab::{Lab, browser};

#[tokio::test]
async fn a_pix_lives_from_creation_to_refund() {
    let lab = Lab::start().await;
    let made = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    assert_eq!((made.known_status(), &*made.status_detail), (Some(PaymentStatus::Pending), "pending_waiting_transfer"));
    assert_eq!(made.amount, Money::from_centavos(3500));
    assert_eq!(made.external_reference.as_deref(), Some("ref-1"));
    assert_eq!(made.expires_at, Some(lab.now().plus(Duration::from_secs(31 * 60))));
    assert!(!made.live_mode);

    let repeated = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("the same charge");
    assert_eq!(repeated.id, made.id);
    let other = lab.client.create_pix(&lab.pix("ref-1"), "key-2").await.expect("another charge");
    assert!(other.id.parse::<i64>().ok() > made.id.parse().ok(), "ids grow");

    let found = lab.client.search_payments("ref-1").await.expect("a list");
    assert_eq!(found.iter().map(|p| &p.id).collect::<Vec<_>>(), [&other.id, &made.id], "newest first");
    assert!(lab.client.search_payments("ref-2").await.expect("a list").is_empty());

    let cancelled = lab.client.cancel_payment(&other.id, "key-3").await.expect("cancelled");
    assert_eq!((&*cancelled.status, &*cancelled.status_detail), ("cancelled", "by_collector"));
    assert!(cancelled.updated_at > other.updated_at);
    let again = lab.client.cancel_payment(&other.id, "key-4").await;
    assert!(matches!(again, Err(Error::Refused { status: 400, code: Some(code), .. }) if code == "2063"));

    let unpaid = lab.client.refund(&made.id, None, "key-5").await;
    assert!(matches!(unpaid, Err(Error::Refused { code: Some(code), .. }) if code == "2063"));
    let moved = lab.control.move_payment(&made.id, &Move::to("approved")).await.expect("moved");
    assert_eq!((moved.moved, &*moved.payment.status), (true, "approved"));
    let approved = lab.client.get_payment(&made.id).await.expect("the payment");
    assert_eq!((&*approved.status, &*approved.status_detail), ("approved", "accredited"));
    assert!(approved.approved_at.is_some());
    let late = lab.client.cancel_payment(&made.id, "key-6").await;
    assert!(matches!(late, Err(Error::Refused { .. })), "the money came first");

    let part = lab.client.refund(&made.id, Some(Money::from_centavos(1000)), "key-7").await.expect("a part");
    assert_eq!((part.amount, &*part.status), (Money::from_centavos(1000), "approved"));
    let repeated = lab.client.refund(&made.id, Some(Money::from_centavos(1000)), "key-7").await.expect("the same");
    assert_eq!(repeated.id, part.id);
    let partly = lab.client.get_payment(&made.id).await.expect("the payment");
    assert_eq!((&*partly.status, &*partly.status_detail), ("approved", "partially_refunded"));
    assert_eq!((partly.refunded, partly.refunds.len()), (Money::from_centavos(1000), 1));

    let too_much = lab.client.refund(&made.id, Some(Money::from_centavos(2501)), "key-8").await;
    assert!(matches!(too_much, Err(Error::Refused { code: Some(code), .. }) if code == "2017"));
    let rest = lab.client.refund(&made.id, None, "key-9").await.expect("the rest");
    assert_eq!(rest.amount, Money::from_centavos(2500));
    let gone = lab.client.get_payment(&made.id).await.expect("the payment");
    assert_eq!((gone.known_status(), gone.refunded), (Some(PaymentStatus::Refunded), gone.amount));
    let listed = lab.client.list_refunds(&made.id).await.expect("a list");
    assert_eq!(listed.iter().map(|r| &r.id).collect::<Vec<_>>(), [&part.id, &rest.id]);
}

#[tokio::test]
async fn a_pix_code_is_valid_names_its_payment_and_can_not_be_paid() {
    let lab = Lab::start().await;
    let made = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    let code = brcode::parse(made.qr_code.as_deref().expect("a code")).expect("a valid code");
    assert_eq!(code.amount, Some(made.amount));
    assert_eq!(code.txid, Some(format!("mpqrinter{}", made.id)));
    assert!(code.name.starts_with("SANDBOX"));
    assert!(matches!(code.target, Target::Key { key, .. } if key.ends_with(".example")), "no bank knows this key");
    assert_eq!(made.ticket_url, Some(lab.at(&format!("payments/{}/ticket", made.id)).to_string()));
}

#[tokio::test]
async fn a_checkout_is_opened_read_changed_found_and_closed() {
    let lab = Lab::start().await;
    let new = NewPreference {
        items: vec![
            Item { title: "X-Tudo".to_owned(), quantity: 2, unit_price: Money::from_centavos(1750) },
            Item { title: "Suco".to_owned(), quantity: 1, unit_price: Money::from_centavos(90) },
        ],
        external_reference: "ref-9".to_owned(),
        payer_email: Some("cliente@example.com".to_owned()),
        notification_url: None,
        expires_at: Some(lab.now().plus(Duration::from_secs(31 * 60))),
        back_urls: None,
    };
    let made = lab.client.create_preference(&new, "key-1").await.expect("a checkout");
    assert_eq!(made.init_point, lab.at(&format!("checkout/v1/redirect?pref_id={}", made.id)).to_string());
    let listed = lab.control.preferences("ref-9").await.expect("a list");
    assert_eq!((listed.len(), listed[0].amount, listed[0].open), (1, Money::from_centavos(3590), true));

    let closed = lab.client.update_preference(&made.id, &PreferenceUpdate::closed(lab.now())).await.expect("closed");
    assert!(closed.expires_at.is_some_and(|at| at < lab.now()));
    assert_eq!(lab.client.get_preference(&made.id).await.expect("the checkout").expires_at, closed.expires_at);
    assert!(!lab.control.preferences("ref-9").await.expect("a list")[0].open);

    let raw: Value = browser()
        .get(lab.at(&format!("checkout/preferences/{}", made.id)))
        .bearer_auth("APP_USR-1")
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(raw["items"][1]["title"], "Suco", "the change kept the rest");
    assert_eq!(raw["preference_expired"], true);
    assert_eq!(raw["payer"]["email"], "", "nothing of the payer is kept");
}

/// Every field that MercadoPago's recorded bodies have, and which values never change here.
#[tokio::test]
async fn the_bodies_have_mercadopagos_shape() {
    let lab = Lab::start().await;
    let made = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    lab.control.move_payment(&made.id, &Move::to("approved")).await.expect("moved");
    lab.client.refund(&made.id, Some(Money::from_centavos(100)), "key-2").await.expect("a refund");
    let read = async |path: String| -> Value {
        let answer = browser().get(lab.at(&path)).bearer_auth("TEST-1").send().await.expect("an answer");
        assert_eq!(answer.headers()["content-type"], "application/json");
        answer.json().await.expect("JSON")
    };
    let payment = read(format!("v1/payments/{}", made.id)).await;
    assert!(payment["id"].is_u64() && payment["transaction_amount"].is_number());
    assert!(payment["date_created"].as_str().expect("a date").ends_with("-04:00"));
    let picture = payment["point_of_interaction"]["transaction_data"]["qr_code_base64"].as_str().expect("a picture");
    assert!(picture.starts_with("iVBORw0KGgo"), "bare base64 of a PNG");
    insta::assert_json_snapshot!(payment, {
        ".id" => "[id]", ".refunds[].id" => "[id]", ".refunds[].payment_id" => "[id]", ".**.date_created" => "[date]",
        ".date_approved" => "[date]", ".date_last_updated" => "[date]", ".date_of_expiration" => "[date]",
        ".money_release_date" => "[date]", ".notification_url" => "[url]",
        ".point_of_interaction.transaction_data.qr_code" => "[text]",
        ".point_of_interaction.transaction_data.qr_code_base64" => "[picture]",
        ".point_of_interaction.transaction_data.ticket_url" => "[url]",
    });
    let search = read("v1/payments/search?external_reference=ref-1&sort=date_created&criteria=desc".to_owned()).await;
    assert_eq!(search["paging"], serde_json::json!({ "total": 1, "limit": 30, "offset": 0 }));
    assert_eq!(search["results"][0], payment);
}

#[tokio::test]
async fn a_search_pages_sorts_and_filters() {
    let lab = Lab::start().await;
    let mut ids = Vec::new();
    for n in 0..3 {
        let made = lab.client.create_pix(&lab.pix("ref-1"), &format!("key-{n}")).await.expect("a charge");
        ids.push(made.id.parse::<u64>().expect("a number"));
        lab.clock.advance(Duration::from_secs(60));
    }
    lab.client.cancel_payment(&ids[0].to_string(), "key-c").await.expect("cancelled");
    let found = async |query: &str| -> Vec<u64> {
        let url = lab.at(&format!("v1/payments/search?{query}"));
        let body: Value =
            browser().get(url).bearer_auth("TEST-1").send().await.expect("answer").json().await.expect("JSON");
        body["results"].as_array().expect("a list").iter().filter_map(|p| p["id"].as_u64()).collect()
    };
    assert_eq!(found("criteria=asc").await, ids);
    assert_eq!(found("criteria=asc&limit=1&offset=1").await, [ids[1]]);
    assert_eq!(found("status=cancelled").await, [ids[0]]);
    assert_eq!(found("sort=date_last_updated&criteria=desc").await, [ids[0], ids[2], ids[1]]);
    assert_eq!(found("range=date_created&begin_date=NOW-2MINUTES&end_date=NOW").await, [ids[2], ids[1]]);
    assert_eq!(found("external_reference=nobody").await, [0; 0]);
}
