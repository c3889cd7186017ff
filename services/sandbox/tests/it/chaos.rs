//! Chaos by rate, as a shop sees it.

use std::collections::BTreeMap;
use std::time::Duration;

use mercadopago::control::{Chaos, ChaosDone, Delivered, Move, Signing};
use serde_json::{Value, json};

use crate::lab::{Lab, browser};

async fn log(lab: &Lab, data_id: &str) -> Vec<Delivered> {
    let url = lab.at(&format!("sandbox/notifications?data_id={data_id}"));
    browser().get(url).send().await.expect("an answer").json().await.expect("the log")
}

async fn set(lab: &Lab, line: &str) {
    let chaos: Chaos = line.parse().expect("a line of chaos");
    lab.control.set_chaos(&chaos).await.expect("set");
}

async fn done(lab: &Lab) -> ChaosDone {
    lab.control.chaos().await.expect("a report").done
}

const HOSTILE: &str = "drop=0.3,duplicate=0.3,reorder=0.3,forge=0.2,server_error=0.2,rate_limited=0.1,seed=42";

/// What became of every notification about a reference, and how often its charge had to be asked for.
type Told = BTreeMap<String, (u32, Vec<String>)>;

/// Charges and pays a reference, asking until it is answered.
async fn play(lab: &Lab, reference: String) -> (String, (u32, Vec<String>)) {
    let mut tries = 1;
    let made = loop {
        match lab.client.create_pix(&lab.pix(&reference), &format!("key-of-{reference}")).await {
            Ok(made) => break made,
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
        tries += 1;
    };
    lab.control.move_payment(&made.id, &Move::to("approved")).await.expect("moved");
    let told = |one: Delivered| format!("{} {:?} {}", one.action, one.signing, one.state == "dropped");
    let mut told: Vec<String> = log(lab, &made.id).await.into_iter().map(told).collect();
    told.sort();
    (reference, (tries, told))
}

#[tokio::test]
async fn a_seed_decides_the_same_whatever_comes_first() {
    let references = || (0..40).map(|n| format!("ref-{n}"));
    let one_by_one = Lab::start().await;
    set(&one_by_one, HOSTILE).await;
    let mut first = Told::new();
    for reference in references() {
        first.extend([play(&one_by_one, reference).await]);
    }
    let at_once = Lab::start().await;
    set(&at_once, HOSTILE).await;
    let playing = references().rev().map(|reference| play(&at_once, reference));
    let second = futures_util::future::join_all(playing).await.into_iter().collect::<Told>();
    assert_eq!(first, second);
    assert_eq!(done(&one_by_one).await, done(&at_once).await);
    // The very decisions: they hold on every machine and for every later version.
    insta::assert_json_snapshot!("chaos_of_seed_42", done(&at_once).await);

    set(&at_once, HOSTILE).await;
    assert_eq!(done(&at_once).await, ChaosDone::default(), "setting it begins anew");

    let other = Lab::start().await;
    set(&other, &HOSTILE.replace("seed=42", "seed=43")).await;
    let playing = references().map(|reference| play(&other, reference));
    assert_ne!(futures_util::future::join_all(playing).await.into_iter().collect::<Told>(), second, "another seed");
}

#[tokio::test]
async fn what_is_dropped_never_arrives() {
    let lab = Lab::start().await;
    set(&lab, "drop=1,seed=1").await;
    let lost = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    let moved = lab.control.move_payment(&lost.id, &Move::to("approved")).await.expect("moved");
    assert_eq!((moved.moved, moved.deliveries.len()), (true, 1));
    assert_eq!((&*moved.deliveries[0].state, moved.deliveries[0].attempts), ("dropped", 0));
    assert_eq!(done(&lab).await, ChaosDone { notifications: 2, dropped: 2, requests: 1, ..ChaosDone::default() });

    set(&lab, "").await;
    lab.clock.advance(Duration::from_secs(24 * 3600));
    let heard = lab.client.create_pix(&lab.pix("ref-2"), "key-2").await.expect("a charge");
    lab.receiver.wait_for(1).await;
    lab.clock.advance(Duration::from_secs(600));
    lab.control.move_payment(&heard.id, &Move::to("approved")).await.expect("moved");
    let later = lab.client.create_pix(&lab.pix("ref-3"), "key-3").await.expect("a charge");
    // With the last of these, whoever sends has looked at everything that was due before.
    let received = lab.receiver.wait_for(3).await;
    let about: Vec<_> = received.iter().filter_map(|one| one.query("data.id")).collect();
    assert_eq!(about, [&*heard.id, &*heard.id, &*later.id]);
    assert!(log(&lab, &lost.id).await.iter().all(|one| one.state == "dropped"));
}

#[tokio::test]
async fn copies_forgeries_and_older_news_travel_with_every_kind_of_change() {
    let lab = Lab::start().await;
    set(&lab, "duplicate=1,copies=1,forge=1,reorder=1,seed=1").await;
    let paid = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    // The creation and its copy, and a forgery; there is nothing older.
    lab.receiver.wait_for(3).await;
    let ticket = lab.at(&format!("payments/{}/ticket", paid.id));
    let clicked = browser().post(ticket).form(&[("choice", "pay")]).send().await.expect("an answer");
    assert!(clicked.status().is_redirection());
    // The news and its copy, a forgery, and the creation again.
    let received = lab.receiver.wait_for(7).await;
    let (genuine, forged): (Vec<_>, Vec<_>) = received.iter().partition(|one| one.check(lab.now()).is_ok());
    assert_eq!((genuine.len(), forged.len()), (5, 2));
    let updated = genuine.iter().position(|one| one.body["action"] == "payment.updated").expect("the news");
    let older = genuine.iter().rposition(|one| one.body["action"] == "payment.created").expect("the creation");
    assert!(updated < older, "the older one arrives behind the newer");
    assert!(
        forged.iter().all(|one| one.body["data"]["status"] == "approved" && one.query("data.id") == Some(&*paid.id))
    );
    assert!(genuine.iter().all(|one| one.body["data"]["status"].is_null()));

    lab.client.refund(&paid.id, None, "key-2").await.expect("refunded");
    lab.receiver.wait_for(11).await;
    lab.client.create_pix(&lab.pix("ref-2"), "key-3").await.expect("a charge");
    lab.receiver.wait_for(14).await;
    lab.clock.advance(Duration::from_secs(31 * 60 + 1));
    lab.receiver.wait_for(18).await;
    let expected = ChaosDone {
        notifications: 5,
        duplicated: 5,
        copies: 5,
        reordered: 3,
        forged: 5,
        requests: 3,
        ..ChaosDone::default()
    };
    assert_eq!(done(&lab).await, expected);
}

#[tokio::test]
async fn what_is_delayed_arrives_in_its_time() {
    let lab = Lab::start().await;
    set(&lab, "delay=1,max_delay_ms=600000,seed=5").await;
    let late = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    set(&lab, "").await;
    lab.client.create_pix(&lab.pix("ref-2"), "key-2").await.expect("a charge");
    assert_ne!(lab.receiver.wait_for(1).await[0].query("data.id"), Some(&*late.id));
    lab.clock.advance(Duration::from_secs(600));
    assert_eq!(lab.receiver.wait_for(2).await[1].query("data.id"), Some(&*late.id));
}

#[tokio::test]
async fn a_file_of_settings_may_begin_with_chaos_and_a_seed_is_reported() {
    let lab = Lab::with(|settings| settings.chaos = "locked=1".parse().expect("chaos")).await;
    let report = lab.control.chaos().await.expect("a report");
    assert_eq!(report.chaos.locked, 1.0);
    let seed = report.chaos.seed.expect("a seed was drawn");
    assert_eq!(lab.control.chaos().await.expect("a report").chaos.seed, Some(seed));
    assert!(lab.client.get_payment("1").await.expect_err("locked").is_transient());
    assert_eq!(done(&lab).await, ChaosDone { requests: 1, locked: 1, ..ChaosDone::default() });
}

#[tokio::test]
async fn trials_of_the_panel_pass_as_they_are() {
    let lab = Lab::start().await;
    let made = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    lab.receiver.wait_for(1).await;
    set(&lab, "drop=1,forge=1,duplicate=1").await;
    let mut trial = Move::to("approved");
    trial.delivery.wrong_secret = true;
    let sent = lab.control.move_payment(&made.id, &trial).await.expect("sent");
    assert_eq!(sent.deliveries.iter().map(|one| one.signing).collect::<Vec<_>>(), [Signing::WrongSecret]);
    assert_eq!(done(&lab).await.notifications, 0);
}

#[tokio::test]
async fn chaos_that_cannot_be_is_refused() {
    let lab = Lab::start().await;
    let bad = [
        (json!({ "drop": 1.5 }), "/drop"),
        (json!({ "max_copies": 0 }), "/max_copies"),
        (json!({ "max_copies": 6 }), "/max_copies"),
        (json!({ "max_delay_ms": 0 }), "/max_delay_ms"),
        (json!({ "chaos": 1 }), "/chaos"),
        (json!({ "locked": 0.6, "server_error": 0.6 }), ""),
    ];
    for (body, pointer) in bad {
        let answer = browser().post(lab.at("sandbox/chaos")).json(&body).send().await.expect("an answer");
        assert_eq!(answer.status(), 422, "{body}");
        let told: Value = answer.json().await.expect("JSON");
        let pointers: Vec<_> = told["errors"].as_array().expect("faults").iter().map(|f| &f["pointer"]).collect();
        assert_eq!(pointers, [&json!(pointer)], "{body}");
    }
    assert!(lab.control.chaos().await.expect("a report").chaos.is_calm());
}
