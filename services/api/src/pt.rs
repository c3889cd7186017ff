//! The statuses in Portuguese, as a sentence says them. On the wire they stay English.

use domain::{OrderStatus, PaymentStatus};

/// What a payment is: `o pagamento está …`.
pub const fn payment(status: PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::Pending => "pendente",
        PaymentStatus::InProcess => "em análise",
        PaymentStatus::Approved => "aprovado",
        PaymentStatus::Rejected => "recusado",
        PaymentStatus::Cancelled => "cancelado",
        PaymentStatus::Refunded => "devolvido",
        PaymentStatus::ChargedBack => "estornado pelo banco",
    }
}

/// What an order is: `o pedido está …`.
pub const fn order(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Requested => "aguardando pagamento",
        OrderStatus::Paid => "pago",
        OrderStatus::Preparing => "em preparo",
        OrderStatus::ReadyForPickup => "pronto para retirada",
        OrderStatus::OutForDelivery => "em entrega",
        OrderStatus::Delivered => "entregue",
        OrderStatus::Cancelled => "cancelado",
        OrderStatus::Rejected => "recusado",
        OrderStatus::Refunded => "com o dinheiro devolvido",
    }
}
