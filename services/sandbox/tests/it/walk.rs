//! Everything that the sandbox believes in, page by page.

use mercadopago::control::Move;
use mercadopago::{Item, NewPreference};

use crate::lab::{Lab, browser};

#[tokio::test]
async fn all_payments_are_walked_through_in_pages() {
    let lab = Lab::start().await;
    let mut made = Vec::new();
    for n in 0..25 {
        let pix = lab.client.create_pix(&lab.pix(&format!("ref-{n}")), &format!("key-{n}")).await.expect("a charge");
        made.push(pix.id);
    }
    lab.control.move_payment(&made[3], &Move::to("approved")).await.expect("moved");
    for (amount, key) in [(100, "part-1"), (250, "part-2")] {
        let amount = domain::Money::from_centavos(amount);
        lab.client.refund(&made[3], Some(amount), key).await.expect("refunded");
    }
    let (mut walked, mut sizes, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        let page = lab.control.payments_after(after.as_deref(), 10).await.expect("a page");
        sizes.push(page.len());
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        walked.extend(page);
    }
    assert_eq!(sizes, [10, 10, 5, 0]);
    assert_eq!(walked.iter().map(|one| one.id.clone()).collect::<Vec<_>>(), made);
    let part = &walked[3];
    assert_eq!((part.external_reference.as_deref(), &*part.status), (Some("ref-3"), "approved"));
    assert_eq!((part.amount.centavos(), part.refunded.centavos(), part.refunds), (3500, 350, 2));
    assert_eq!((walked[4].refunded.centavos(), walked[4].refunds, walked[4].refunds_in_process), (0, 0, 0));
}

#[tokio::test]
async fn all_checkouts_are_walked_through_and_say_whether_they_are_open() {
    let lab = Lab::start().await;
    let mut made = Vec::new();
    for n in 0..5 {
        let new = NewPreference {
            items: vec![Item { title: "X".to_owned(), quantity: 1, unit_price: domain::Money::from_centavos(500) }],
            external_reference: format!("ref-{n}"),
            payer_email: None,
            notification_url: Some(lab.receiver.url.clone()),
            expires_at: None,
            back_urls: None,
        };
        made.push(lab.client.create_preference(&new, &format!("key-{n}")).await.expect("a checkout").id);
    }
    lab.control.pay_preference(&made[2], &Move::to("approved")).await.expect("paid");
    let first = lab.control.preferences_after(None, 3).await.expect("a page");
    let rest = lab.control.preferences_after(Some(&first[2].id), 3).await.expect("a page");
    assert_eq!((first.len(), rest.len()), (3, 2));
    let mut walked: Vec<_> = first.into_iter().chain(rest).map(|one| (one.id, one.open)).collect();
    assert!(walked.is_sorted());
    walked.retain(|(_, open)| !open);
    assert_eq!(walked, [(made[2].clone(), false)]);
}

#[tokio::test]
async fn a_walk_that_cannot_be_is_refused() {
    let lab = Lab::start().await;
    for query in [
        "payments?after=x",
        "payments?after=0&limit=0",
        "payments?after=0&limit=1001",
        "payments?after=0&external_reference=a",
        "preferences?after=0&external_reference=a",
        "payments?before=1",
    ] {
        let answer = browser().get(lab.at(&format!("sandbox/{query}"))).send().await.expect("an answer");
        assert_eq!(answer.status(), 422, "{query}");
    }
    assert!(lab.control.payments_after(None, 1000).await.expect("a page").is_empty());
}
