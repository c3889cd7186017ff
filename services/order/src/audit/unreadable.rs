use serde_json::Value;

/// Why an order cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// An amount that is no whole number of centavos: where.
    Centavos(String),
    /// Anything else, without what is in it.
    Shape(String),
}

/// Where an order has money.
const MONEY: [&str; 3] = ["/amount", "/lines/*/price", "/charges/*/refunded"];

impl Unreadable {
    /// Looks for what is wrong with a value that is no order.
    pub(super) fn of(value: &Value, why: &str) -> Self {
        let odd = MONEY.iter().find(|path| !all(value, path, &Value::is_i64));
        match odd {
            Some(path) => Unreadable::Centavos((*path).to_owned()),
            None => Unreadable::Shape(why.to_owned()),
        }
    }
}

/// Whether all numbers at this path, where `*` is every element of a list, pass.
fn all(value: &Value, path: &str, passes: &impl Fn(&Value) -> bool) -> bool {
    match path.split_once("/*") {
        Some((list, rest)) => match value.pointer(list).and_then(Value::as_array) {
            Some(elements) => elements.iter().all(|element| all(element, rest, passes)),
            None => true,
        },
        // What is missing or no number is another fault.
        None => value.pointer(path).is_none_or(|value| !value.is_number() || passes(value)),
    }
}
