//! People who order and pay, and ask again where nobody answers.

use std::time::{Duration, SystemTime};

use api::client::{AuthClient, CallError, FixedToken, Http, OrderClient, PaymentClient};
use api::order::{NewLine, NewOrder};
use domain::{OrderId, PaymentMethod, ProductId};
use mercadopago::control::{Control, Move};
use serde_json::Value;
use testkit::eventually;
use url::Url;

use crate::support::{DEADLINE, at};

/// The longest that anything may take while somebody is killed: what a killed instance had begun is taken over when its
/// lease has run out, after a minute at most, and may then have to wait for another one.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// The services as somebody with these tokens sees them. Each request has a connection of its own, as if each came from
/// another machine.
#[derive(Clone)]
pub(crate) struct Shop {
    http: reqwest::Client,
    auth_url: Url,
    order_url: Url,
    payment_url: Url,
    admin: String,
    kitchen: String,
    kiosk: String,
    pub(crate) sandbox: Control,
}

impl Shop {
    /// By what the services left in `credentials.json`.
    pub(crate) fn new(credentials: &Value) -> Self {
        let url = |service: &str| at(credentials, &format!("/urls/{service}")).parse().expect("a URL");
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_secs(20));
        // Plain HTTP needs no certificates, and a machine may have none.
        Shop {
            http: http.tls_certs_only([]).build().expect("a client"),
            auth_url: url("auth"),
            order_url: url("order"),
            payment_url: url("payment"),
            admin: at(credentials, "/tokens/admin"),
            kitchen: at(credentials, "/tokens/kitchen"),
            kiosk: at(credentials, "/tokens/kiosk"),
            sandbox: Control::new(url("sandbox"), DEADLINE).expect("a client"),
        }
    }

    /// The same with another way to the order service.
    pub(crate) fn with_orders_at(&self, order_url: Url) -> Self {
        Shop { order_url, ..self.clone() }
    }

    fn at(&self, url: &Url, token: &str) -> Http {
        Http::new(self.http.clone(), url.clone()).with_bearer(FixedToken::new(token.to_owned().into()))
    }

    /// Auth, for a kiosk.
    pub(crate) fn auth(&self) -> AuthClient {
        AuthClient::new(self.at(&self.auth_url, &self.kiosk))
    }

    /// Orders, for whoever has the token.
    pub(crate) fn orders_for(&self, token: &str) -> OrderClient {
        OrderClient::new(self.at(&self.order_url, token))
    }

    /// Orders, for a kiosk.
    pub(crate) fn kiosk(&self) -> OrderClient {
        self.orders_for(&self.kiosk)
    }

    /// Orders, for the administrator.
    pub(crate) fn admin(&self) -> OrderClient {
        self.orders_for(&self.admin)
    }

    /// Orders, for the kitchen.
    pub(crate) fn kitchen(&self) -> OrderClient {
        self.orders_for(&self.kitchen)
    }

    /// Payments, for the administrator.
    pub(crate) fn payments(&self) -> PaymentClient {
        PaymentClient::new(self.at(&self.payment_url, &self.admin))
    }

    /// Waits for the charge of an order and pays it at MercadoPago's double.
    pub(crate) async fn pay(&self, id: OrderId) {
        let kiosk = self.kiosk();
        let payment = eventually(PATIENCE, || async {
            let order = insist(|| kiosk.order(id)).await;
            order.qr_code.and(order.payment_id)
        })
        .await;
        let found = self.sandbox.payments(&payment.to_string()).await.expect("it answers");
        let [charge] = &found[..] else { panic!("order {id} is charged {} times", found.len()) };
        self.sandbox.move_payment(&charge.id, &Move::to("approved")).await.expect("it moves");
    }
}

/// Settings of the order service by which no day of numbers ends while a test runs.
pub(crate) fn one_day() -> String {
    let seconds = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
    format!("timezone = \"UTC\"\nday_start = \"{:02}:00\"\n", (seconds / 3600 + 12) % 24)
}

/// One of this, by Pix.
pub(crate) fn one(product_id: ProductId) -> NewOrder {
    let order_items = vec![NewLine { product_id, quantity: 1, comment: None }];
    let payment_method = Some(PaymentMethod::Pix);
    NewOrder { customer_id: None, order_items, payment_method, email: None, pickup_name: None }
}

/// Asks again while there is no answer, or 503. Any other refusal would be a wrong answer.
pub(crate) async fn insist<T, A>(ask: impl Fn() -> A) -> T
where
    A: Future<Output = Result<T, CallError>>,
{
    let answer = eventually(PATIENCE, || async {
        match ask().await {
            Err(error) if matches!(error.status(), None | Some(503)) => None,
            answer => Some(answer),
        }
    });
    answer.await.unwrap_or_else(|error| panic!("a wrong answer: {error}"))
}
