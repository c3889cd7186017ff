use api::Picture;
use api::order::PaymentNotice;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Payment;

/// Width of a module of the PNG that travels in JSON, in pixels.
const SCALE: u32 = 4;

impl Payment {
    /// As a row of a list: without the picture.
    pub fn row(&self) -> api::payment::Payment {
        api::payment::Payment {
            payment_id: self.id,
            order_id: self.order_id,
            customer_id: self.customer_id,
            amount: self.amount,
            refunded_amount: self.refunded(),
            currency: "BRL".to_owned(),
            method: self.method,
            status: self.status(),
            status_detail: self.status_detail().to_owned(),
            provider_payment_id: self.provider_payment_id().map(str::to_owned),
            qr_code: self.qr_code.clone(),
            qr_code_base64: Picture::LeftOut,
            payment_link: self.payment_link.clone(),
            expires_at: Some(self.expires_at),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// On its own: with the QR code drawn, where there is one.
    pub fn full(&self) -> api::payment::Payment {
        let picture = self.drawn().and_then(|text| mercadopago::qr::png(text, SCALE).ok());
        api::payment::Payment { qr_code_base64: Picture::of(picture.map(|png| STANDARD.encode(png))), ..self.row() }
    }

    /// As the order service hears of it.
    pub fn notice(&self) -> PaymentNotice {
        PaymentNotice { version: self.version, ..self.seen_by_order() }
    }

    /// The same without the version: what decides whether the order must hear of a change.
    pub(super) fn seen_by_order(&self) -> PaymentNotice {
        PaymentNotice {
            payment_id: self.id,
            attempt: self.attempt,
            version: 0,
            method: self.method,
            status: self.status(),
            status_detail: self.status_detail().to_owned(),
            amount: self.amount,
            paid_amount: self.paid_amount(),
            refunded_amount: self.refunded(),
            qr_code: self.qr_code.clone(),
            payment_link: self.payment_link.clone(),
            expires_at: Some(self.expires_at),
        }
    }
}
