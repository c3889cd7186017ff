//! How the vocabulary looks in a JSON schema: the same document that is published also checks what comes in.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::order::StepKind;
use crate::*;

fn text(format: &str, description: &str, example: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom(format.to_owned())))
        .description(Some(description))
        .examples([example])
        .into()
}

fn words<'a>(description: &str, words: impl IntoIterator<Item = &'a str>) -> RefOr<Schema> {
    let words: Vec<&str> = words.into_iter().collect();
    ObjectBuilder::new().schema_type(Type::String).description(Some(description)).enum_values(Some(words)).into()
}

macro_rules! schemas {
    ($($name:ident => $schema:expr;)*) => {$(
        impl ToSchema for $name {}
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $schema
            }
        }
    )*};
}

schemas! {
    Money => ObjectBuilder::new()
        .schema_type(Type::Number)
        .multiple_of(Some(0.01))
        .description(Some("Reais with at most two decimals."))
        .examples([35.0])
        .into();
    Cpf => text("cpf", "A CPF with right check digits, with or without punctuation.", "529.982.247-25");
    Email => text("email", "An e-mail address.", "ana@example.com");
    Timestamp => text("date-time", "A moment, RFC 3339, in UTC.", "2026-11-23T21:00:00.000Z");
    CustomerId => text("uuid", "A customer's id.", "01939d2e-7c9a-7c3e-9a55-0c1de0a1b2c3");
    CategoryId => text("uuid", "A category's id.", "01939d2e-7c9a-7c3e-9a55-0c1de0a1b2c3");
    ProductId => text("uuid", "A product's id.", "01939d2e-7c9a-7c3e-9a55-0c1de0a1b2c3");
    OrderId => text("uuid", "An order's id.", "01939d2e-7c9a-7c3e-9a55-0c1de0a1b2c3");
    PaymentId => text("uuid", "A payment's id.", "01939d2e-7c9a-7c3e-9a55-0c1de0a1b2c3");
    EntryId => text("uuid", "The id of a log or outbox entry.", "01939d2e-7c9a-7c3e-9a55-0c1de0a1b2c3");
    ErasureId => text("uuid", "The id of an erasure.", "01939d2e-7c9a-7c3e-9a55-0c1de0a1b2c3");
    Role => words("What somebody is to the snack bar.", Role::ALL.map(Role::as_str));
    OrderStatus => words("Where an order is.", OrderStatus::ALL.map(OrderStatus::as_str));
    PaymentStatus => words("Where a payment is, in MercadoPago's words.", PaymentStatus::ALL.map(PaymentStatus::as_str));
    PaymentMethod => words("How an order is to be paid.", PaymentMethod::ALL.map(PaymentMethod::as_str));
    StepKind => words("A step forward, or one taken back.", ["step", "recall"]);
}
