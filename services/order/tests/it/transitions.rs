//! The state machine over HTTP: who may move what where.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use api::ProblemKind;
use api::auth::Claims;
use api::order::Order;
use domain::order::StepKind;
use domain::{CustomerId, ManualClock, OrderStatus, PaymentMethod, Role, Timestamp};
use serde_json::json;

use crate::kit::Shop;

/// Moves an order, freshly placed, along these steps.
async fn at(shop: &Shop, status: OrderStatus) -> Order {
    let steps: &[&str] = match status {
        OrderStatus::Requested => &[],
        OrderStatus::Paid => &["paid"],
        OrderStatus::Preparing => &["paid", "preparing"],
        OrderStatus::ReadyForPickup => &["paid", "preparing", "ready_for_pickup"],
        OrderStatus::OutForDelivery => &["paid", "preparing", "ready_for_pickup", "out_for_delivery"],
        OrderStatus::Delivered => &["paid", "preparing", "ready_for_pickup", "delivered"],
        OrderStatus::Cancelled => &["cancelled"],
        OrderStatus::Rejected => &["paid", "rejected"],
        OrderStatus::Refunded => unreachable!("nobody moves an order there by hand"),
    };
    let mut order = shop.place(PaymentMethod::Counter).await;
    for step in steps {
        order = shop.to(order.id, step).await;
    }
    assert_eq!(order.status, status);
    if order.paid_at.is_none() {
        return order;
    }
    // Cash is written down by the payment service, which changes the order once more.
    shop.until(order.id, |order| order.payment_id.is_some()).await
}

#[tokio::test]
async fn the_whole_table() {
    let shop = Shop::open().await;
    let mut table = String::new();
    for from in OrderStatus::ALL.into_iter().filter(|status| *status != OrderStatus::Refunded) {
        let mut order = at(&shop, from).await;
        for role in [Role::Admin, Role::Cashier, Role::Kitchen] {
            for to in OrderStatus::ALL {
                let body = json!({"status": to, "reason": "teste"});
                let answer = shop.a(role).patch(&format!("/orders/{}", order.id), &body).await;
                match answer.status {
                    200 if from != to => {
                        writeln!(table, "{role}: {from} -> {to}").unwrap();
                        order = at(&shop, from).await;
                    }
                    200 => assert_eq!(answer.parse::<Order>(), order),
                    403 => writeln!(table, "{role}: {from} -> {to} forbidden").unwrap(),
                    _ => assert!(answer.refused(ProblemKind::IllegalTransition).allowed.is_some()),
                }
            }
        }
    }
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn a_customer_cancels_what_is_not_paid_and_nothing_else() {
    let shop = Shop::open().await;
    let ana = shop.customer(CustomerId::new(), "password");
    let body = shop.body(PaymentMethod::Counter).await;
    let order: Order = ana.post("/orders", &body).await.expect(201).parse();
    let path = format!("/orders/{}", order.id);
    let problem = ana.patch(&path, &json!({"status": "delivered"})).await.refused(ProblemKind::IllegalTransition);
    assert_eq!(problem.allowed, Some(vec![OrderStatus::Cancelled]));
    ana.patch(&path, &json!({"status": "paid"})).await.refused(ProblemKind::Forbidden);
    ana.patch(&path, &json!({"prioritized": true})).await.refused(ProblemKind::Forbidden);
    let cancelled: Order = ana.patch(&path, &json!({"status": "cancelled"})).await.expect(200).parse();
    let again: Order = ana.patch(&path, &json!({"status": "cancelled"})).await.expect(200).parse();
    assert_eq!(cancelled, again);
    let second: Order = ana.post("/orders", &body).await.expect(201).parse();
    shop.to(second.id, "paid").await;
    let answer = ana.patch(&format!("/orders/{}", second.id), &json!({"status": "cancelled"})).await;
    answer.refused(ProblemKind::Forbidden);
}

#[tokio::test]
async fn five_steps_are_written_down_with_their_actors() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    let board = shop.nobody().with_token(shop.mint.token_for("cli:kitchen", Role::Kitchen, None));
    for status in ["preparing", "ready_for_pickup", "delivered"] {
        board.patch(&format!("/orders/{}", order.id), &json!({"status": status})).await.expect(200);
    }
    let rows = shop.tracking(order.id).await;
    let told: Vec<String> = rows.iter().map(|row| format!("{} by {}", row.status, row.actor.role)).collect();
    assert_eq!(
        told,
        [
            "requested by kiosk",
            "paid by service",
            "preparing by kitchen",
            "ready_for_pickup by kitchen",
            "delivered by kitchen"
        ]
    );
    assert_eq!((rows[1].actor.id.as_str(), rows[2].actor.id.as_str()), ("payment", "cli:kitchen"));
    let order = shop.order(order.id).await;
    assert!(order.paid_at.is_some() && order.ready_at.is_some() && order.delivered_at.is_some());
}

#[tokio::test]
async fn what_is_paid_is_given_up_only_with_a_reason() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    let path = format!("/orders/{}", order.id);
    for reason in [json!(null), json!("  ")] {
        let body = match reason.as_str() {
            Some(reason) => json!({"status": "cancelled", "reason": reason}),
            None => json!({"status": "cancelled"}),
        };
        let problem = shop.a(Role::Kitchen).patch(&path, &body).await.refused(ProblemKind::InvalidBody);
        assert_eq!(problem.errors[0].pointer.as_deref(), Some("/reason"));
    }
    let body = json!({"status": "cancelled", "reason": "acabou o pão"});
    shop.a(Role::Kitchen).patch(&path, &body).await.expect(200);
    assert_eq!(shop.tracking(order.id).await[2].reason.as_deref(), Some("acabou o pão"));
    shop.a(Role::Kitchen).patch(&path, &json!({})).await.refused(ProblemKind::InvalidBody);
    shop.a(Role::Kitchen).patch(&path, &json!({"status": "eaten"})).await.refused(ProblemKind::InvalidBody);
    shop.a(Role::Kiosk).patch(&path, &body).await.refused(ProblemKind::Forbidden);
}

#[tokio::test]
async fn if_match_stops_a_change_of_what_has_moved() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    let path = format!("/orders/{}", order.id);
    let kitchen = shop.a(Role::Kitchen);
    let patch = |version: String, body: serde_json::Value| {
        kitchen.send(kitchen.request(http::Method::PATCH, &path).header("if-match", version).json(&body))
    };
    let start = json!({"status": "preparing"});
    let stale = format!("\"{}\"", order.version - 1);
    patch(stale.clone(), start.clone()).await.refused(ProblemKind::VersionConflict);
    let moved: Order = patch(format!("\"{}\"", order.version), start.clone()).await.expect(200).parse();
    assert_eq!(moved.version, order.version + 1);
    patch(stale.clone(), start).await.expect(200);
    patch(stale, json!({"status": "delivered"})).await.refused(ProblemKind::VersionConflict);
    patch("seven".to_owned(), json!({"status": "ready_for_pickup"})).await.refused(ProblemKind::InvalidParameter);
}

#[tokio::test]
async fn a_recall_clears_what_came_later_and_ends_after_ten_minutes() {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_790_000_000_000)));
    let shop = Shop::with(clock.clone()).await;
    let order = at(&shop, OrderStatus::ReadyForPickup).await;
    clock.advance(Duration::from_secs(600));
    let path = format!("/orders/{}", order.id);
    let kitchen = || shop.a(Role::Kitchen);
    let back: Order = kitchen().patch(&path, &json!({"status": "preparing"})).await.expect(200).parse();
    assert_eq!(back.ready_at, None);
    assert_eq!(shop.tracking(order.id).await.last().unwrap().kind, StepKind::Recall);
    kitchen().patch(&path, &json!({"status": "paid"})).await.refused(ProblemKind::IllegalTransition);
    let again: Order = kitchen().patch(&path, &json!({"status": "ready_for_pickup"})).await.expect(200).parse();
    assert!(again.ready_at.is_some());
    clock.advance(Duration::from_secs(601));
    kitchen().patch(&path, &json!({"status": "preparing"})).await.refused(ProblemKind::IllegalTransition);
}

#[tokio::test]
async fn strikes_move_the_order_by_themselves() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    let strike = async |line: u32, struck: bool| {
        shop.a(Role::Kitchen).patch(&format!("/orders/{}/items/{line}", order.id), &json!({ "struck": struck })).await
    };
    let first: Order = strike(2, true).await.expect(200).parse();
    assert_eq!((first.status, first.version), (OrderStatus::Preparing, order.version + 1));
    assert!(first.items[0].struck_at.is_none() && first.items[1].struck_at.is_some());
    let repeated: Order = strike(2, true).await.expect(200).parse();
    assert_eq!(repeated, first);
    let taken_back: Order = strike(2, false).await.expect(200).parse();
    assert!(taken_back.items[1].struck_at.is_none());
    strike(2, true).await.expect(200);
    let last: Order = strike(1, true).await.expect(200).parse();
    assert_eq!(last.status, OrderStatus::ReadyForPickup);
    strike(1, false).await.refused(ProblemKind::IllegalTransition);
    strike(0, true).await.refused(ProblemKind::NotFound);
    strike(3, true).await.refused(ProblemKind::NotFound);
    let back: Order = shop.to(order.id, "preparing").await;
    assert!(back.items.iter().all(|item| item.struck_at.is_none()));
    let path = format!("/orders/{}/items/1", order.id);
    shop.a(Role::Cashier).patch(&path, &json!({"struck": true})).await.refused(ProblemKind::Forbidden);
}

#[tokio::test]
async fn a_refusal_says_in_portuguese_what_is_missing() {
    let shop = Shop::open().await;
    let order = shop.place(PaymentMethod::Pix).await;
    let path = format!("/orders/{}", order.id);
    let detail = |role: Role, path: String, body: serde_json::Value| {
        let caller = shop.a(role);
        async move {
            let problem = caller.patch(&path, &body).await.refused(ProblemKind::IllegalTransition);
            (problem.detail, problem.allowed.unwrap())
        }
    };
    let waits = ("O pedido ainda aguarda o pagamento.".to_owned(), Vec::new());
    assert_eq!(detail(Role::Kitchen, path.clone(), json!({"status": "preparing"})).await, waits);
    assert_eq!(detail(Role::Kitchen, format!("{path}/items/1"), json!({"struck": true})).await, waits);
    let (detail, allowed) = detail(Role::Admin, path, json!({"status": "delivered"})).await;
    assert_eq!(detail, "O pedido não pode ir para aí. Agora pode ficar: pago, cancelado.");
    assert_eq!(allowed, [OrderStatus::Paid, OrderStatus::Cancelled]);
}

#[tokio::test]
async fn a_refusal_says_where_the_order_is_and_who_took_it_there() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    let path = format!("/orders/{}", order.id);
    let board = |name: &str| shop.nobody().with_token(shop.mint.token_for(name, Role::Kitchen, None));
    board("fogão").patch(&path, &json!({"status": "preparing"})).await.expect(200);
    board("fogão").patch(&path, &json!({"status": "ready_for_pickup"})).await.expect(200);
    let late = board("balcão");
    let refused = late.patch(&path, &json!({"status": "cancelled", "reason": "acabou"})).await.expect(403);
    assert!(refused.problem().order.is_none(), "{}", refused.text);
    let stale = late.request(http::Method::PATCH, &path).header("if-match", order.version.to_string());
    let stale = late.send(stale.json(&json!({"status": "paid"}))).await.refused(ProblemKind::VersionConflict);
    let illegal = late.patch(&path, &json!({"status": "rejected", "reason": "acabou"})).await;
    let illegal = illegal.refused(ProblemKind::IllegalTransition);
    let struck = late.patch(&format!("{path}/items/1"), &json!({"struck": true})).await;
    let struck = struck.refused(ProblemKind::IllegalTransition);
    for problem in [stale, illegal, struck] {
        let now = *problem.order.unwrap();
        assert_eq!((now.status, now.version), (OrderStatus::ReadyForPickup, order.version + 2));
        assert_eq!((now.actor.role, now.actor.id.as_str()), (Role::Kitchen, "fogão"));
        assert_eq!(Some(now.since), shop.order(order.id).await.ready_at);
    }
    let unpaid = shop.place(PaymentMethod::Pix).await;
    let refused = late.patch(&format!("/orders/{}", unpaid.id), &json!({"status": "preparing"})).await;
    assert_eq!(refused.refused(ProblemKind::IllegalTransition).order.unwrap().status, OrderStatus::Requested);
}

/// Several boards of one kitchen have the same subject; their names tell them apart.
#[tokio::test]
async fn a_device_is_written_down_by_its_name() {
    let shop = Shop::open().await;
    let order = shop.paid().await;
    let named = |name: &str| {
        let claims = shop.mint.claims(Role::Kitchen);
        shop.nobody().with_token(shop.mint.sign(&Claims {
            sub: "cli:kitchen".to_owned(),
            name: Some(name.to_owned()),
            ..claims
        }))
    };
    let path = format!("/orders/{}", order.id);
    named("Chapa").patch(&path, &json!({"status": "preparing"})).await.expect(200);
    let late = named("Balcão");
    let patch = late.request(http::Method::PATCH, &path).header("if-match", order.version.to_string());
    let problem =
        late.send(patch.json(&json!({"status": "ready_for_pickup"}))).await.refused(ProblemKind::VersionConflict);
    let now = problem.order.expect("where it is now");
    assert_eq!((now.actor.id.as_str(), now.actor.label()), ("cli:kitchen", "Chapa"));
    let rows = shop.tracking(order.id).await;
    assert_eq!(rows.last().and_then(|row| row.actor.name.as_deref()), Some("Chapa"));
    assert_eq!(rows[0].actor.name, None);
}
