//! How an order's values are kept as text.

/// Money as whole centavos.
pub(super) mod centavos {
    use domain::Money;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::order) fn serialize<S: Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(money.centavos())
    }

    pub(in crate::order) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
        i64::deserialize(deserializer).map(Money::from_centavos)
    }
}

/// An e-mail address, which does not serialise by itself.
pub(super) mod email {
    use domain::Email;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::order) fn serialize<S: Serializer>(email: &Option<Email>, serializer: S) -> Result<S::Ok, S::Error> {
        email.as_ref().map(Email::as_str).serialize(serializer)
    }

    pub(in crate::order) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Email>, D::Error> {
        Option::deserialize(deserializer)
    }
}
