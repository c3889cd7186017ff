use domain::Money;
use serde_json::Value;

/// Why a payment cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// An amount that is no whole number of centavos: where.
    Centavos(String),
    /// Anything else, without what is in it.
    Shape(String),
}

/// Where a payment has money, in reais.
const MONEY: [&str; 4] = ["/amount", "/snapshots/*/amount", "/snapshots/*/refunded", "/refunds/*/amount"];

impl Unreadable {
    /// Looks for what is wrong with a value that is no payment.
    pub(super) fn of(value: &Value, why: &str) -> Self {
        match MONEY.iter().find(|path| !whole(value, path)) {
            Some(path) => Unreadable::Centavos((*path).to_owned()),
            None => Unreadable::Shape(why.to_owned()),
        }
    }
}

/// Whether all amounts at this path, where `*` is every element of a list, are whole centavos.
fn whole(value: &Value, path: &str) -> bool {
    match path.split_once("/*") {
        Some((list, rest)) => match value.pointer(list).and_then(Value::as_array) {
            Some(elements) => elements.iter().all(|element| whole(element, rest)),
            None => true,
        },
        // What is missing or no number is another fault.
        None => value.pointer(path).and_then(Value::as_f64).is_none_or(|reais| Money::from_reais(reais).is_ok()),
    }
}
