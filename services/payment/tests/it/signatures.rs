//! What a notification must show, and that whoever shows something else learns nothing from the answer.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{Clock, PaymentStatus};
use mercadopago::signature;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::world::{PREVIOUS, SECRET, World};

/// What was logged on this thread.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Write for Heard {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Heard {
    type Writer = Heard;

    fn make_writer(&self) -> Heard {
        self.clone()
    }
}

impl Heard {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

fn signed(secret: &str, id: &str, ts: &str) -> String {
    signature::header(&SecretString::from(secret), Some(id), Some("a-request"), ts)
}

/// Delivers a notification with this header, if any.
async fn deliver(world: &World, path: &str, header: Option<&str>) -> testkit::Answer {
    let caller = world.anyone();
    let mut request = caller.request(Method::POST, path).header("x-request-id", "a-request").body("{}");
    if let Some(header) = header {
        request = request.header("x-signature", header);
    }
    caller.send(request).await
}

#[tokio::test]
async fn each_way_to_be_wrong_has_its_reason_in_the_log_and_one_answer_outside() {
    let heard = Heard::default();
    let subscriber = tracing_subscriber::fmt().with_writer(heard.clone()).with_ansi(false).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let world = World::start().await;
    let now = world.clock.now();
    let ts = now.seconds().to_string();
    let good = signed(SECRET, "77", &ts);
    let hash = good.split_once("v1=").unwrap().1.to_owned();
    let window = payment::Timings::default().webhook_window + Duration::from_secs(60);
    let late = signed(SECRET, "77", &now.minus(window).seconds().to_string());
    let early = signed(SECRET, "77", &now.plus(window).seconds().to_string());
    let forged = signed("somebody's guess", "77", &ts);
    let other = signed(SECRET, "78", &ts);
    let wrong: Vec<(Option<String>, &str)> = vec![
        (None, "no x-signature header"),
        (Some(" ".to_owned()), "no x-signature header"),
        (Some("nonsense".to_owned()), "malformed x-signature header"),
        (Some(format!("ts=yesterday,v1={hash}")), "malformed x-signature header"),
        (Some(format!("v1={hash}")), "no ts in the x-signature header"),
        (Some(format!("ts={ts}")), "no v1 in the x-signature header"),
        (Some(format!("ts={ts},v1={}", &hash[1..])), "the signature does not match"),
        (Some(forged), "the signature does not match"),
        (Some(other), "the signature does not match"),
        (Some(late), "s ago, beyond the time allowed"),
        (Some(early), "s ahead, beyond the time allowed"),
    ];
    let mut answers = Vec::new();
    for (header, reason) in &wrong {
        heard.take();
        let answer = deliver(&world, "/payments/webhook?data.id=77&type=payment", header.as_deref()).await;
        let log = heard.take();
        assert!(log.contains(reason), "{header:?}: {log}");
        assert!(!log.contains(SECRET) && !log.contains(PREVIOUS) && !log.contains(&hash), "{log}");
        let problem = answer.clone().refused(api::ProblemKind::Unauthenticated);
        answers.push((answer.status, answer.header("www-authenticate").map(str::to_owned), problem));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    deliver(&world, "/payments/webhook?data.id=77&type=payment", Some(&good)).await.expect(200);
}

#[tokio::test]
async fn either_secret_either_case_and_either_unit_of_time_hold() {
    let world = World::start().await;
    let id = "ORD01JQ4S4KY8HWQ6NA5PXB65B3D3";
    let now = world.clock.now();
    for secret in [SECRET, PREVIOUS] {
        for written in [id.to_owned(), id.to_ascii_lowercase()] {
            for ts in [now.seconds().to_string(), now.millis().to_string()] {
                let header = signed(secret, &written, &ts);
                let path = format!("/payments/webhook?data.id={id}&type=order");
                deliver(&world, &path, Some(&header)).await.expect(200);
            }
        }
    }
}

#[tokio::test]
async fn the_id_in_the_body_is_nobody_s_business() {
    let world = World::start().await;
    let (told, other) = (world.pix().await, world.pix().await);
    let ids = [&told, &other].map(|payment| payment.provider_payment_id.clone().unwrap());
    for id in &ids {
        world.provider.lock().set(id, "approved", "accredited");
    }
    let header = signed(SECRET, &ids[0], &world.clock.now().seconds().to_string());
    let caller = world.anyone();
    let request = caller
        .request(Method::POST, &format!("/payments/webhook?data.id={}&type=payment", ids[0]))
        .header("x-request-id", "a-request")
        .header("x-signature", header)
        .json(&json!({ "type": "payment", "data": { "id": ids[1] } }));
    caller.send(request).await.expect(200);
    world.orders.told(told.payment_id, PaymentStatus::Approved).await;
    world.quiet().await;
    assert_eq!(world.payment(other.payment_id).await.status, PaymentStatus::Pending);
}

#[tokio::test]
async fn a_flood_is_answered_while_mercadopago_hangs_and_is_one_entry_for_each_payment() {
    let world = World::start().await;
    let mut payments = Vec::new();
    for _ in 0..10 {
        let payment = world.pix().await;
        world.provider.lock().set(payment.provider_payment_id.as_ref().unwrap(), "approved", "accredited");
        payments.push(payment);
    }
    world.provider.hold(true);
    let ids: Vec<&str> = payments.iter().filter_map(|payment| payment.provider_payment_id.as_deref()).collect();
    for _ in 0..20 {
        for answer in futures_util::future::join_all(ids.iter().map(|id| world.notify(id))).await {
            answer.expect(200);
        }
    }
    assert_eq!(world.waiting_notifications().await, 10);
    world.provider.hold(false);
    for payment in &payments {
        world.orders.told(payment.payment_id, PaymentStatus::Approved).await;
    }
    world.quiet().await;
}
