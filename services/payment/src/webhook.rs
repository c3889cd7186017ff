//! What a notification says, whichever of MercadoPago's styles it has.

use serde_json::Value;

/// A notification as it came.
#[derive(Debug, Default)]
pub(crate) struct Notification {
    /// `data.id` of the query: the one that is signed.
    data_id: Option<String>,
    /// `type` of the query or the body.
    kind: Option<String>,
    /// `id` of an IPN.
    ipn_id: Option<String>,
}

/// What is to be done about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Hint<'a> {
    /// Ask MercadoPago about this payment.
    Look(&'a str),
    /// The same, if the payment is known: anybody can send such a notification.
    LookIfKnown(&'a str),
    /// Nothing.
    Nothing,
}

/// Longest id of MercadoPago's that is taken for one.
const LONGEST: usize = 64;

impl Notification {
    /// Reads the query, and of the body no more than what the query lacks. A body that is no JSON says nothing.
    pub(crate) fn read(query: &str, body: &[u8]) -> Notification {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let asked = |wanted: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).filter(|v| !v.is_empty())
        };
        let said = |key: &str| body.get(key).and_then(text);
        let (data_id, topic) = (asked("data.id"), asked("topic"));
        let kind = asked("type").or_else(|| if topic.is_none() { said("type") } else { None });
        // The `resource` of an IPN is a bare id, or an address that ends with it.
        let resource = || said("resource").and_then(|r| r.rsplit('/').next().map(str::to_owned));
        let ipn_id = asked("id").or_else(resource);
        Notification { data_id, kind, ipn_id }
    }

    /// Whether it is of a type that MercadoPago signs.
    pub(crate) fn must_be_signed(&self) -> bool {
        matches!(self.kind.as_deref(), Some("payment" | "order" | "orders"))
    }

    /// The id that is part of the signature, as received.
    pub(crate) fn signed_id(&self) -> Option<&str> {
        self.data_id.as_deref()
    }

    /// What it is worth. What must be signed has been checked by now.
    pub(crate) fn hint(&self) -> Hint<'_> {
        let plausible = |id: &&str| {
            id.len() <= LONGEST && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        let data_id = self.data_id.as_deref().filter(plausible);
        match (self.kind.as_deref(), data_id) {
            (Some("payment"), Some(id)) => Hint::Look(id),
            (Some("payment"), None) => Hint::Nothing,
            (_, id) => id.or(self.ipn_id.as_deref().filter(plausible)).map_or(Hint::Nothing, Hint::LookIfKnown),
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
