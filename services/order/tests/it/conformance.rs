//! What every store must do, one small case per fact, run for each backend.

use std::collections::HashSet;
use std::time::Duration;

use api::order::{Category, NewLine, NewOrder, PatchProduct, Product, TrackingActor};
use domain::{CategoryId, CustomerId, Money, OrderId, OrderStatus, Page, PaymentMethod, ProductId, Role, Timestamp};
use futures_util::future::{join, join_all};
use order::Menu;
use order::order::{Order, Placing, Request, Stepped, Wish};
use order::store::{Inserted, OrderFilter, Removed, Replaced, Store, Written};
use serde_json::json;
use store::{NewWork, Work};
use testkit::mongo::Kind;

use crate::stores;

pub(crate) const T0: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const LEASE: Duration = Duration::from_secs(30);

pub(crate) fn later(seconds: u64) -> Timestamp {
    T0.plus(Duration::from_secs(seconds))
}

fn admin() -> TrackingActor {
    TrackingActor::new(Role::Admin, "admin")
}

pub(crate) async fn burger(store: &dyn Store) -> Product {
    let category = Category { id: CategoryId::new(), name: "Lanches".to_owned(), position: 1 };
    store.add_category(category.clone()).await.unwrap();
    let (name, price) = ("X-Burger".to_owned(), Money::from_centavos(2290));
    let (id, description) = (ProductId::new(), String::new());
    let product = Product { id, name, description, price, category_id: category.id, enabled: true };
    assert_eq!(store.add_product(product.clone()).await.unwrap(), Written::Stored(product.clone()));
    product
}

pub(crate) fn draft(
    product: &Product,
    at: Timestamp,
    customer_id: Option<CustomerId>,
    request: Option<Request>,
) -> Order {
    let category = Category { id: product.category_id, name: "Lanches".to_owned(), position: 1 };
    let menu = Menu::new(vec![category], vec![product.clone()]);
    let line = NewLine { product_id: product.id, quantity: 1, comment: None };
    let (payment_method, day) = (Some(PaymentMethod::Counter), "2026-11-23".to_owned());
    let body = NewOrder { customer_id, order_items: vec![line], payment_method, email: None, pickup_name: None };
    let expires_after = Duration::from_secs(1800);
    let placing = Placing { customer_id, actor: admin(), now: at, day, expires_after, request };
    Order::place(&body, &menu, placing).unwrap().0
}

pub(crate) async fn insert(store: &dyn Store, order: Order) -> Order {
    match store.insert(order, None).await.unwrap() {
        Inserted::New(order, _) => *order,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn moved(store: &dyn Store, mut order: Order, status: OrderStatus, at: Timestamp) -> Order {
    let expected = order.version;
    let wish = Wish { status: Some(status), ..Wish::default() };
    assert!(matches!(order.wish(&wish, admin(), at).unwrap(), Stepped::Changed(_)));
    assert_eq!(store.replace(order.clone(), expected, Vec::new()).await.unwrap().0, Replaced::Stored);
    order
}

async fn an_order_comes_back_as_it_was(store: &dyn Store) {
    let product = burger(store).await;
    let order = insert(store, draft(&product, T0, Some(CustomerId::new()), None)).await;
    assert_eq!(store.order(order.id).await.unwrap(), Some(order));
    assert_eq!(store.order(OrderId::new()).await.unwrap(), None);
}

async fn numbers_count_from_one_each_day(store: &dyn Store) {
    let product = burger(store).await;
    for number in 1..=3 {
        assert_eq!(insert(store, draft(&product, T0, None, None)).await.number, number);
    }
    let next_day = Order { day: "2026-11-24".to_owned(), ..draft(&product, T0, None, None) };
    assert_eq!(insert(store, next_day).await.number, 1);
}

async fn a_request_makes_one_order_a_day(store: &dyn Store) {
    let product = burger(store).await;
    let request = Request { scope: "totem".to_owned(), key: "k".to_owned(), hash: "h".to_owned() };
    let first = insert(store, draft(&product, T0, None, Some(request.clone()))).await;
    let repeat = store.insert(draft(&product, later(60), None, Some(request.clone())), None).await.unwrap();
    assert!(matches!(repeat, Inserted::Seen(seen) if seen.id == first.id));
    assert_eq!(store.made_by(&request, T0.minus(LEASE)).await.unwrap().map(|order| order.id), Some(first.id));
    assert_eq!(store.made_by(&request, T0).await.unwrap(), None);
    let second = insert(store, draft(&product, later(86_400), None, Some(request.clone()))).await;
    assert_ne!(second.id, first.id);
    assert_eq!(store.made_by(&request, T0).await.unwrap().map(|order| order.id), Some(second.id));
}

async fn a_product_that_is_gone_is_not_sold(store: &dyn Store) {
    let product = burger(store).await;
    assert_eq!(store.remove_product(product.id).await.unwrap(), Removed::Removed);
    let refused = store.insert(draft(&product, T0, None, None), None).await.unwrap();
    assert!(matches!(refused, Inserted::NoProduct(gone) if gone == [product.id]));
    assert!(store.orders(OrderFilter::default(), Page::default()).await.unwrap().orders.is_empty());
}

async fn only_the_version_that_was_read_is_replaced(store: &dyn Store) {
    let product = burger(store).await;
    let order = insert(store, draft(&product, T0, None, None)).await;
    let paid = moved(store, order.clone(), OrderStatus::Paid, later(1)).await;
    let late = Order { version: order.version + 1, prioritized: true, ..order.clone() };
    assert_eq!(store.replace(late, order.version, Vec::new()).await.unwrap().0, Replaced::Conflict);
    assert_eq!(store.order(order.id).await.unwrap(), Some(paid));
}

async fn a_lease_belongs_to_who_puts_the_entry(store: &dyn Store) {
    let product = burger(store).await;
    let order = draft(&product, T0, None, None);
    let entry = |kind: &str| NewWork::new(order.id, kind, json!({"a": 1}), T0);
    let inserted = store.insert(order.clone(), Some(entry("charge").leased_for(LEASE))).await.unwrap();
    let Inserted::New(order, Some(work)) = inserted else { panic!("{inserted:?}") };
    let outbox = store.outbox();
    assert!(outbox.claim(later(1), LEASE, 9).await.unwrap().is_empty());
    let next = Order { version: order.version + 1, ..*order.clone() };
    let (_, leased) = store.replace(next, order.version, vec![entry("cancel").leased_for(LEASE)]).await.unwrap();
    assert!(leased.is_none(), "the first entry of the order goes first");
    assert_eq!(store.outbox_counts().await.unwrap().open, 2);
    assert!(outbox.done(&work).await.unwrap());
    assert_eq!(outbox.claim(later(1), LEASE, 9).await.unwrap()[0].kind, "cancel");
    assert!(outbox.claim(later(2), LEASE, 9).await.unwrap().is_empty());
    let again = outbox.claim(later(32), LEASE, 9).await.unwrap();
    assert_eq!(again[0].kind, "cancel", "a lease that nobody ends expires");
    assert!(outbox.done(&again[0]).await.unwrap());
    assert_eq!(store.outbox_counts().await.unwrap().open, 0);
}

/// Claims the one errand of a new order.
async fn claimed(store: &dyn Store) -> Work {
    let product = burger(store).await;
    let order = draft(&product, T0, None, None);
    let entry = NewWork::new(order.id, "charge", json!({}), T0);
    store.insert(order, Some(entry)).await.unwrap();
    store.outbox().claim(later(1), LEASE, 9).await.unwrap().remove(0)
}

async fn where_one_process_is_all_its_end_ends_its_leases(store: &dyn Store) {
    let work = claimed(store).await;
    store.recover().await.unwrap();
    assert_eq!(store.outbox().claim(later(2), LEASE, 9).await.unwrap().len(), 1);
    assert!(!store.outbox().done(&work).await.unwrap());
}

async fn where_others_are_at_work_a_start_leaves_their_leases(store: &dyn Store) {
    let work = claimed(store).await;
    store.recover().await.unwrap();
    assert!(store.outbox().claim(later(2), LEASE, 9).await.unwrap().is_empty());
    assert!(store.outbox().done(&work).await.unwrap());
}

async fn lists_are_filtered_and_newest_first(store: &dyn Store) {
    let product = burger(store).await;
    let ana = CustomerId::new();
    let mut ids = Vec::new();
    for second in 0..5 {
        let customer = (second % 2 == 0).then_some(ana);
        ids.push(insert(store, draft(&product, later(second), customer, None)).await.id);
    }
    let list = async |filter: OrderFilter, skip, limit| {
        let found = store.orders(filter, Page { skip, limit }).await.unwrap();
        (found.orders.iter().map(|order| order.id).collect::<Vec<_>>(), found.total)
    };
    let all = OrderFilter::default;
    assert_eq!(list(all(), 1, 2).await, (vec![ids[3], ids[2]], 5));
    let own = OrderFilter { customer_id: Some(ana), ..all() };
    assert_eq!(list(own, 0, 10).await, (vec![ids[4], ids[2], ids[0]], 3));
    let between = OrderFilter { created_after: Some(later(0)), created_before: Some(later(3)), ..all() };
    assert_eq!(list(between, 0, 10).await, (vec![ids[2], ids[1]], 2));
    assert_eq!(list(OrderFilter { id: Some(ids[1]), ..all() }, 0, 10).await, (vec![ids[1]], 1));
    let paid = OrderFilter { status: Some(OrderStatus::Paid), ..all() };
    assert_eq!(list(paid, 0, 10).await, (vec![], 0));
}

async fn the_queue_holds_what_the_kitchen_has(store: &dyn Store) {
    let product = burger(store).await;
    let waiting = insert(store, draft(&product, T0, None, None)).await;
    let paid = insert(store, draft(&product, T0, None, None)).await;
    moved(store, paid.clone(), OrderStatus::Paid, later(1)).await;
    let queued: Vec<OrderId> = store.queued().await.unwrap().iter().map(|order| order.id).collect();
    assert_eq!(queued, [paid.id]);
    // Only where others may change the queue is it compared with what is known.
    if let Some(versions) = store.queue_versions().await.unwrap() {
        assert_eq!(versions, [(paid.id, 2)]);
    }
    assert_eq!(store.count_open().await.unwrap(), 2);
    moved(store, waiting, OrderStatus::Cancelled, later(2)).await;
    assert_eq!(store.count_open().await.unwrap(), 1);
}

async fn changes_are_read_page_by_page(store: &dyn Store) {
    let product = burger(store).await;
    let first = insert(store, draft(&product, T0, None, None)).await;
    let second = insert(store, draft(&product, later(1), None, None)).await;
    moved(store, first.clone(), OrderStatus::Paid, later(2)).await;
    let page = store.changed(T0, None, 1).await.unwrap();
    assert_eq!(page[0].id, second.id);
    let page = store.changed(page[0].updated_at, Some(page[0].id), 1).await.unwrap();
    assert_eq!((page[0].id, page[0].status), (first.id, OrderStatus::Paid));
    assert!(store.changed(page[0].updated_at, Some(page[0].id), 1).await.unwrap().is_empty());
    assert_eq!(store.changed(later(2), None, 9).await.unwrap().len(), 1, "the moment itself counts");
    assert_eq!(store.changed_versions(T0).await.unwrap(), [(second.id, 1), (first.id, 2)]);
    assert_eq!(store.changed_versions(later(2)).await.unwrap(), [(first.id, 2)]);
    let some = store.orders_of(vec![second.id, OrderId::new()]).await.unwrap();
    assert_eq!(some, [second]);
}

async fn changes_of_one_moment_are_all_read(store: &dyn Store) {
    let product = burger(store).await;
    let mut placed = Vec::new();
    for _ in 0..5 {
        placed.push(insert(store, draft(&product, T0, None, None)).await.id);
    }
    placed.sort();
    let (mut read, mut after) = (Vec::new(), None);
    loop {
        let page = store.changed(T0, after, 2).await.unwrap();
        read.extend(page.iter().map(|order| order.id));
        match page.last() {
            Some(last) => after = Some(last.id),
            None => break,
        }
    }
    assert_eq!(read, placed);
}

async fn only_what_nobody_paid_is_overdue(store: &dyn Store) {
    let product = burger(store).await;
    let unpaid = insert(store, draft(&product, T0, None, None)).await;
    let paid = insert(store, draft(&product, T0, None, None)).await;
    moved(store, paid, OrderStatus::Paid, later(1)).await;
    assert!(store.overdue(later(1799), 9).await.unwrap().is_empty());
    let overdue: Vec<OrderId> = store.overdue(later(1800), 9).await.unwrap().iter().map(|order| order.id).collect();
    assert_eq!(overdue, [unpaid.id]);
}

async fn names_are_taken_whatever_case_and_accents(store: &dyn Store) {
    let product = burger(store).await;
    let twin = Product { id: ProductId::new(), name: "X-BÚRGER".to_owned(), ..product.clone() };
    assert_eq!(store.add_product(twin.clone()).await.unwrap(), Written::NameTaken);
    let orphan = Product { category_id: CategoryId::new(), name: "Chá".to_owned(), ..twin.clone() };
    assert_eq!(store.add_product(orphan).await.unwrap(), Written::NoCategory);
    let patch = PatchProduct { enabled: Some(false), ..PatchProduct::default() };
    let disabled = Product { enabled: false, ..product.clone() };
    assert_eq!(store.patch_product(product.id, patch.clone()).await.unwrap(), Written::Stored(disabled));
    assert_eq!(store.patch_product(twin.id, patch).await.unwrap(), Written::Gone);
}

async fn a_sold_product_frees_its_name_and_category_when_it_goes(store: &dyn Store) {
    let product = burger(store).await;
    insert(store, draft(&product, T0, None, None)).await;
    assert_eq!(store.remove_category(product.category_id).await.unwrap(), Removed::InUse);
    assert_eq!(store.remove_product(product.id).await.unwrap(), Removed::Removed);
    assert_eq!(store.remove_product(product.id).await.unwrap(), Removed::Gone);
    assert!(store.menu().await.unwrap().products().is_empty());
    let again = Product { id: ProductId::new(), ..product.clone() };
    assert_eq!(store.add_product(again.clone()).await.unwrap(), Written::Stored(again.clone()));
    store.remove_product(again.id).await.unwrap();
    assert_eq!(store.remove_category(product.category_id).await.unwrap(), Removed::Removed);
}

async fn many_at_once_get_a_number_each(store: &dyn Store) {
    let product = burger(store).await;
    let placed = join_all((0..32).map(|_| insert(store, draft(&product, T0, None, None)))).await;
    let numbers: HashSet<u32> = placed.iter().map(|order| order.number).collect();
    assert_eq!(numbers.len(), 32);
    assert_eq!(store.count_open().await.unwrap(), 32);
}

async fn a_key_that_comes_many_times_at_once_makes_one_order(store: &dyn Store) {
    let product = burger(store).await;
    let request = Request { scope: "totem".to_owned(), key: "k".to_owned(), hash: "h".to_owned() };
    let same = (0..8).map(|_| store.insert(draft(&product, T0, None, Some(request.clone())), None));
    let mut ids = HashSet::new();
    let mut made = 0;
    for inserted in join_all(same).await {
        match inserted.unwrap() {
            Inserted::New(order, _) => {
                made += 1;
                ids.insert(order.id);
            }
            Inserted::Seen(order) => {
                ids.insert(order.id);
            }
            Inserted::NoProduct(gone) => panic!("{gone:?}"),
        }
    }
    assert_eq!((made, ids.len()), (1, 1));
    assert_eq!(store.count_open().await.unwrap(), 1);
}

async fn of_changes_at_once_one_is_stored(store: &dyn Store) {
    let product = burger(store).await;
    let order = insert(store, draft(&product, T0, None, None)).await;
    let change = |n: u64| {
        let entry = NewWork::new(order.id, "cancel", json!({"n": n}), T0);
        let next = Order { version: order.version + 1, pickup_name: Some(n.to_string()), ..order.clone() };
        store.replace(next, order.version, vec![entry])
    };
    let all = join_all((0..8).map(change)).await;
    let stored: Vec<usize> =
        (0..8).filter(|n| all[*n].as_ref().is_ok_and(|(replaced, _)| *replaced == Replaced::Stored)).collect();
    assert_eq!(stored.len(), 1);
    let kept = store.order(order.id).await.unwrap().unwrap();
    assert_eq!((kept.version, kept.pickup_name), (2, Some(stored[0].to_string())));
    let work = store.outbox().claim(later(1), LEASE, 9).await.unwrap();
    assert_eq!((work.len(), &work[0].payload), (1, &json!({"n": stored[0]})));
}

async fn a_name_that_is_wanted_many_times_at_once_is_given_once(store: &dyn Store) {
    let product = burger(store).await;
    let named = |name: &str| Product { id: ProductId::new(), name: name.to_owned(), ..product.clone() };
    let all = join_all(["Suco", "suco", "SUCO", "Súco"].map(|name| store.add_product(named(name)))).await;
    let written: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    assert_eq!(written.iter().filter(|written| matches!(written, Written::Stored(_))).count(), 1);
    assert_eq!(written.iter().filter(|written| **written == Written::NameTaken).count(), 3);
}

async fn a_category_goes_or_gets_a_product_and_never_both(store: &dyn Store) {
    let product = burger(store).await;
    for n in 0..8 {
        let category = Category { id: CategoryId::new(), name: format!("Grupo {n}"), position: 9 };
        store.add_category(category.clone()).await.unwrap();
        let (id, name) = (ProductId::new(), format!("Produto {n}"));
        let new = Product { id, name, category_id: category.id, ..product.clone() };
        let (removed, added) = join(store.remove_category(category.id), store.add_product(new)).await;
        let both = (removed.unwrap() == Removed::Removed, matches!(added.unwrap(), Written::Stored(_)));
        assert!(both.0 != both.1, "{both:?}");
    }
    let menu = store.menu().await.unwrap();
    assert!(menu.products().iter().all(|product| menu.category(product.category_id).is_some()));
}

async fn a_person_goes_out_of_an_order_and_its_errands_in_one_step(store: &dyn Store) {
    let product = burger(store).await;
    let ana = CustomerId::new();
    let order = draft(&product, T0, Some(ana), None);
    let entry = |kind: &str, errand: serde_json::Value| NewWork::new(order.id, kind, errand, T0);
    let cancel = entry("cancel", json!({"kind": "cancel", "attempt": 1, "reason": "a Ana desistiu"}));
    store.insert(order.clone(), Some(entry("charge", json!({"kind": "charge", "attempt": 1})))).await.unwrap();
    let named = store.order(order.id).await.unwrap().unwrap();
    let next = Order { version: 2, pickup_name: Some("Ana".to_owned()), ..named.clone() };
    store.replace(next.clone(), 1, vec![cancel]).await.unwrap();
    let outbox = store.outbox();
    let charge = outbox.claim(later(1), LEASE, 9).await.unwrap().remove(0);

    let mut forgotten = next.clone();
    assert_eq!(forgotten.forget_customer(CustomerId::new(), later(2)), Stepped::Unchanged);
    assert_eq!(forgotten.forget_customer(ana, later(2)), Stepped::Changed(Vec::new()));
    assert_eq!(store.forget(forgotten.clone(), 1).await.unwrap(), Replaced::Conflict);
    assert_eq!(store.order(order.id).await.unwrap(), Some(next));
    assert_eq!(store.forget(forgotten.clone(), 2).await.unwrap(), Replaced::Stored);
    assert_eq!(store.order(order.id).await.unwrap(), Some(forgotten));
    let theirs = OrderFilter { customer_id: Some(ana), ..OrderFilter::default() };
    assert_eq!(store.orders(theirs, Page::default()).await.unwrap().total, 0);
    assert!(outbox.done(&charge).await.unwrap(), "what is under way goes on");
    let cancel = outbox.claim(later(3), LEASE, 9).await.unwrap().remove(0);
    assert_eq!(cancel.payload, json!({"kind": "cancel", "attempt": 1, "reason": "apagado"}));
    store.purge().await.unwrap();
}

async fn keys_are_kept(store: &dyn Store) {
    assert_eq!(store.load_keys().await.unwrap(), None);
    for keys in ["one", "two"] {
        store.save_keys(keys.to_owned()).await.unwrap();
        assert_eq!(store.load_keys().await.unwrap().as_deref(), Some(keys));
    }
}

async fn a_first_menu_comes_whole_and_once(store: &dyn Store) {
    let menu = |name: &str| {
        let category = Category { id: CategoryId::new(), name: name.to_owned(), position: 1 };
        let product = |n: u32| Product {
            id: ProductId::new(),
            name: format!("{name} {n}"),
            description: String::new(),
            price: Money::from_centavos(500),
            category_id: category.id,
            enabled: true,
        };
        let products = (1..=9).map(product).collect();
        Menu::new(vec![category], products)
    };
    let menus: Vec<Menu> = ["Sucos", "Doces", "Massas"].map(menu).into();
    let hung = join_all(menus.iter().map(|menu| store.first_menu(menu.clone()))).await;
    let hung: Vec<bool> = hung.into_iter().map(Result::unwrap).collect();
    assert_eq!(hung.iter().filter(|hung| **hung).count(), 1, "{hung:?}");
    let first = hung.iter().position(|hung| *hung).unwrap();
    assert_eq!(store.menu().await.unwrap(), menus[first]);
    assert!(!store.first_menu(menu("Outros")).await.unwrap());
    assert_eq!(store.menu().await.unwrap(), menus[first]);
}

macro_rules! on_every_store {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $case() {
                crate::stores::on_sqlite(async |store| super::$case(store).await).await;
            })*
        }
        mod mongo_standalone {
            $(#[tokio::test]
            async fn $case() {
                crate::stores::on_mongo(Kind::Standalone, async |store| super::$case(store).await).await;
            })*
            use testkit::mongo::Kind;
        }
        mod mongo_replica_set {
            $(#[tokio::test]
            async fn $case() {
                crate::stores::on_mongo(Kind::ReplicaSet, async |store| super::$case(store).await).await;
            })*
            use testkit::mongo::Kind;
        }
    };
}

on_every_store! {
    an_order_comes_back_as_it_was,
    numbers_count_from_one_each_day,
    a_request_makes_one_order_a_day,
    a_product_that_is_gone_is_not_sold,
    only_the_version_that_was_read_is_replaced,
    a_lease_belongs_to_who_puts_the_entry,
    lists_are_filtered_and_newest_first,
    the_queue_holds_what_the_kitchen_has,
    changes_are_read_page_by_page,
    changes_of_one_moment_are_all_read,
    many_at_once_get_a_number_each,
    a_key_that_comes_many_times_at_once_makes_one_order,
    of_changes_at_once_one_is_stored,
    a_name_that_is_wanted_many_times_at_once_is_given_once,
    a_category_goes_or_gets_a_product_and_never_both,
    only_what_nobody_paid_is_overdue,
    names_are_taken_whatever_case_and_accents,
    a_sold_product_frees_its_name_and_category_when_it_goes,
    a_person_goes_out_of_an_order_and_its_errands_in_one_step,
    a_first_menu_comes_whole_and_once,
    keys_are_kept,
}

#[tokio::test]
async fn sqlite_ends_leases_at_the_start() {
    stores::on_sqlite(async |store| where_one_process_is_all_its_end_ends_its_leases(store).await).await;
}

#[tokio::test]
async fn mongo_standalone_leaves_leases_at_the_start() {
    let case = async |store: &dyn Store| where_others_are_at_work_a_start_leaves_their_leases(store).await;
    stores::on_mongo(Kind::Standalone, case).await;
}

#[tokio::test]
async fn mongo_replica_set_leaves_leases_at_the_start() {
    let case = async |store: &dyn Store| where_others_are_at_work_a_start_leaves_their_leases(store).await;
    stores::on_mongo(Kind::ReplicaSet, case).await;
}
