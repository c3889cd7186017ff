use std::time::Duration;

use api::order::{NewLine, NewOrder, TrackingActor, TrackingRow};
use domain::order::StepKind;
use domain::{
    CustomerId, MAX_COMMENT, MAX_LINES, MAX_PICKUP_NAME, MAX_QUANTITY, MAX_TOTAL, Money, OrderId, OrderStatus,
    PaymentMethod, TextError, Timestamp, clean_line,
};
use serde::{Deserialize, Serialize};

use super::{Charge, Errand, Line, Order};
use crate::menu::Menu;

/// What makes the repeat of a request recognisable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Whose key it is, and for what: subject and route.
    pub scope: String,
    /// The `Idempotency-Key`.
    pub key: String,
    /// Digest of the parsed body.
    pub hash: String,
}

/// Where and when an order is placed, and by whom.
#[derive(Debug, Clone)]
pub struct Placing {
    /// The customer it is for.
    pub customer_id: Option<CustomerId>,
    /// Who placed it.
    pub actor: TrackingActor,
    /// Now.
    pub now: Timestamp,
    /// The business day of now.
    pub day: String,
    /// How long it can be paid.
    pub expires_after: Duration,
    /// What makes a repeat recognisable, if the caller wants that.
    pub request: Option<Request>,
}

/// One thing for which an order is refused; lines count from 0, as in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceFault {
    /// There is no line.
    NoLines,
    /// There are too many lines.
    TooManyLines,
    /// Outside 1 to 99.
    Quantity(usize),
    /// Not on the menu.
    UnknownProduct(usize),
    /// On the menu, but sold out.
    DisabledProduct(usize),
    /// Not a text that can be shown.
    Comment(usize, TextError),
    /// Not a text that can be shown.
    PickupName(TextError),
    /// More than an order may cost.
    Total,
}

impl Order {
    /// Places an order at the prices of the menu. It has no number yet. Says what must be done elsewhere.
    ///
    /// # Errors
    /// Every fault of the body at once.
    pub fn place(body: &NewOrder, menu: &Menu, at: Placing) -> Result<(Order, Option<Errand>), Vec<PlaceFault>> {
        let mut faults = Vec::new();
        match body.order_items.len() {
            0 => faults.push(PlaceFault::NoLines),
            many if many > MAX_LINES => faults.push(PlaceFault::TooManyLines),
            _ => {}
        }
        let lines: Vec<Line> = body
            .order_items
            .iter()
            .take(MAX_LINES)
            .enumerate()
            .filter_map(|(n, line)| price(n, line, menu, &mut faults))
            .collect();
        let pickup_name = match optional(body.pickup_name.as_deref(), MAX_PICKUP_NAME) {
            Ok(name) => name,
            Err(error) => {
                faults.push(PlaceFault::PickupName(error));
                None
            }
        };
        let amount: Money = lines.iter().map(Line::total).sum();
        if amount.centavos() > MAX_TOTAL {
            faults.push(PlaceFault::Total);
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let method = body.payment_method.unwrap_or_default();
        let first = TrackingRow {
            status: OrderStatus::Requested,
            at: at.now,
            actor: at.actor,
            reason: None,
            kind: StepKind::Step,
        };
        let order = Order {
            id: OrderId::new(),
            day: at.day,
            number: 0,
            customer_id: at.customer_id,
            pickup_name,
            email: body.email.clone(),
            prioritized: false,
            status: OrderStatus::Requested,
            amount,
            lines,
            tracking: vec![first],
            charges: vec![Charge::new(1, method)],
            current: 0,
            created_at: at.now,
            updated_at: at.now,
            paid_at: None,
            ready_at: None,
            delivered_at: None,
            pay_by: at.now.plus(at.expires_after),
            ends_at: Some(at.now.plus(at.expires_after)),
            version: 1,
            request: at.request,
        };
        let errand = (method != PaymentMethod::Counter).then_some(Errand::Charge { attempt: 1 });
        Ok((order, errand))
    }
}

/// Takes name and price from the menu; `None` with a fault when that can't be.
fn price(n: usize, line: &NewLine, menu: &Menu, faults: &mut Vec<PlaceFault>) -> Option<Line> {
    let before = faults.len();
    if !(1..=MAX_QUANTITY).contains(&line.quantity) {
        faults.push(PlaceFault::Quantity(n));
    }
    let comment = optional(line.comment.as_deref(), MAX_COMMENT).unwrap_or_else(|error| {
        faults.push(PlaceFault::Comment(n, error));
        None
    });
    let product = menu.product(line.product_id);
    match product {
        None => faults.push(PlaceFault::UnknownProduct(n)),
        Some(product) if !product.enabled => faults.push(PlaceFault::DisabledProduct(n)),
        Some(_) => {}
    }
    let product = product.filter(|_| faults.len() == before)?;
    Some(Line {
        product_id: product.id,
        category_id: product.category_id,
        name: product.name.clone(),
        price: product.price,
        quantity: line.quantity,
        comment,
        struck_at: None,
    })
}

/// A text that may be left out; blank is left out.
fn optional(text: Option<&str>, max: usize) -> Result<Option<String>, TextError> {
    match text.map(|text| clean_line(text, max)) {
        None | Some(Err(TextError::Empty)) => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(error)) => Err(error),
    }
}
