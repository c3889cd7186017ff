use mercadopago::control::Move;
use std::time::Duration;

use crate::lab::Lab;

#[tokio::test]
async fn a_new_start_knows_everything_and_sends_what_was_left() {
    let lab = Lab::start().await;
    let made = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    lab.receiver.wait_for(1).await;
    lab.receiver.answer(500);
    let moved = lab.control.move_payment(&made.id, &Move::to("approved")).await.expect("moved");
    assert_eq!(moved.deliveries[0].state, "waiting");
    let part = lab.client.refund(&made.id, Some(domain::Money::from_centavos(100)), "key-2").await.expect("a refund");
    let (dir, clock, receiver) = lab.stop().await;

    receiver.answer(200);
    clock.advance(Duration::from_secs(15 * 60 + 30));
    let before = receiver.received().len();
    let lab = Lab::on(dir, clock, receiver, |_| {}).await;
    let told = lab.receiver.wait_for(before + 2).await;
    assert!(told[before..].iter().all(|one| one.query("data.id") == Some(&*made.id) && one.check(lab.now()).is_ok()));
    let known = lab.client.get_payment(&made.id).await.expect("the payment");
    assert_eq!((&*known.status_detail, known.refunds.len()), ("partially_refunded", 1));
    let same = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("the same charge");
    assert_eq!(same.id, made.id, "keys are remembered");
    let same = lab.client.refund(&made.id, Some(domain::Money::from_centavos(100)), "key-2").await.expect("the same");
    assert_eq!(same.id, part.id);
}

#[tokio::test]
async fn what_a_killed_process_held_is_sent_by_the_next() {
    let lab = Lab::start().await;
    let made = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    lab.receiver.wait_for(1).await;
    // A move that waits ten minutes before it tells: nobody lives to see that.
    let mut wanted = Move::to("approved");
    wanted.delivery.delay_ms = 600_000;
    let id = made.id.clone();
    let control = lab.control.clone();
    let asking = tokio::spawn(async move { control.move_payment(&id, &wanted).await });
    testkit::eventually(crate::lab::DEADLINE, async || {
        let now = lab.client.get_payment(&made.id).await.ok()?;
        (now.status == "approved").then_some(())
    })
    .await;
    asking.abort();
    let (dir, clock, receiver) = lab.stop().await;
    clock.advance(Duration::from_secs(601));
    let lab = Lab::on(dir, clock, receiver, |_| {}).await;
    let told = lab.receiver.wait_for(2).await;
    assert!(told[1].check(lab.now()).is_ok());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_not_opened() {
    let dir = testkit::temp_dir();
    let path = crate::lab::database(dir.path());
    std::fs::write(&path, "not a database, and long enough to be looked at as one ".repeat(40)).expect("a file");
    let url = "http://127.0.0.1:1/".parse().expect("a URL");
    let settings = sandbox::Settings::new(path, url, secrecy::SecretString::from("s"));
    assert!(sandbox::open(settings).await.is_err());
}
