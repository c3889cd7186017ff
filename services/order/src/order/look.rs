use api::{OrderNow, Picture, order as wire};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Order;

/// Pixels of one module of a QR code.
const QR_SCALE: u32 = 6;

impl Order {
    /// As an answer about several orders shows it: without the picture of the QR code.
    pub fn to_wire(&self) -> wire::Order {
        let charge = self.charge();
        wire::Order {
            id: self.id,
            number: self.number,
            customer_id: self.customer_id,
            pickup_name: self.pickup_name.clone(),
            prioritized: self.prioritized,
            status: self.status,
            payment_status: charge.status,
            payment_method: charge.method,
            amount: self.amount,
            currency: "BRL".to_owned(),
            payment_id: charge.payment_id,
            qr_code: charge.qr_code.clone(),
            qr_code_base64: Picture::LeftOut,
            payment_link: charge.payment_link.clone(),
            expires_at: charge.expires_at.or(self.ends_at),
            items: self.items(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            paid_at: self.paid_at,
            ready_at: self.ready_at,
            delivered_at: self.delivered_at,
            version: self.version,
        }
    }

    /// As an answer about this one order shows it: with the picture of the Pix text, or of the payment link where
    /// there is no such text.
    pub fn to_wire_with_qr(&self) -> wire::Order {
        let charge = self.charge();
        let shown = charge.qr_code.as_deref().or(charge.payment_link.as_deref());
        let picture = shown.and_then(|text| mercadopago::qr::png(text, QR_SCALE).ok());
        wire::Order { qr_code_base64: Picture::of(picture.map(|png| STANDARD.encode(png))), ..self.to_wire() }
    }

    /// As the kitchen sees it.
    pub fn to_entry(&self) -> wire::QueueEntry {
        let charge = self.charge();
        wire::QueueEntry {
            id: self.id,
            number: self.number,
            pickup_name: self.pickup_name.clone(),
            prioritized: self.prioritized,
            status: self.status,
            payment_status: charge.status,
            payment_method: charge.method,
            amount: self.amount,
            items: self.items(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            paid_at: self.paid_at,
            ready_at: self.ready_at,
            delivered_at: self.delivered_at,
            version: self.version,
        }
    }

    /// Where it is and who took it there, as a refusal tells.
    pub(crate) fn now(&self) -> OrderNow {
        // The history is never empty; what was placed was placed by somebody.
        let last = self.tracking.last().cloned();
        OrderNow {
            status: self.status,
            version: self.version,
            since: last.as_ref().map_or(self.created_at, |row| row.at),
            actor: last.map_or_else(|| super::step::service("order"), |row| row.actor),
        }
    }

    fn items(&self) -> Vec<wire::OrderItem> {
        (1..)
            .zip(&self.lines)
            .map(|(number, line)| wire::OrderItem {
                line: number,
                product_id: line.product_id,
                category_id: line.category_id,
                name: line.name.clone(),
                price: line.price,
                quantity: line.quantity,
                comment: line.comment.clone(),
                total: line.total(),
                struck_at: line.struck_at,
            })
            .collect()
    }
}
