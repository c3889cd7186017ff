//! Everybody's means: clients, tokens, the menu and the people.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use api::auth::{Admitted, Identify, Register};
use api::client::{AuthClient, CallError, FixedToken, OrderClient, PaymentClient};
use domain::{OrderId, ProductId, Role};
use mercadopago::control::Control;
use serde::Serialize;
use uuid::Uuid;

use super::book::Book;
use super::meter::{Complaint, Meter};
use super::plan::{Plan, Script, Who};
use super::weather::Weather;
use crate::clients::Session;
use crate::commands::all_products;
use crate::config::Service;
use crate::exit::{Failure, Outcome};
use crate::fixtures::{self, Customer};

/// The longest that one move in the sandbox may take: it ends when its last notification was answered.
const MOVE_TIMEOUT: Duration = Duration::from_secs(60);
/// Findings that are told one by one.
const MOST_FINDINGS: usize = 1_000;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// Which order.
    pub(crate) order_id: Option<OrderId>,
    /// Which customer, so that a repeated run can look there.
    pub(crate) customer: Option<u32>,
    /// What.
    pub(crate) what: String,
}

/// What all customers and the kitchen share.
pub(crate) struct Stage {
    pub(crate) plan: Plan,
    pub(crate) weather: Weather,
    pub(crate) patience: Duration,
    /// The longest that a customer thinks.
    pub(crate) thinking: Duration,
    /// Tells this run's keys from those of the same seed yesterday.
    pub(crate) run: Uuid,
    pub(crate) menu: Vec<ProductId>,
    people: Vec<Customer>,
    door: AuthClient,
    pub(crate) kiosk: OrderClient,
    pub(crate) cashier: OrderClient,
    pub(crate) kitchen: OrderClient,
    pub(crate) admin: OrderClient,
    pub(crate) payments: PaymentClient,
    pub(crate) panel: Control,
    pub(crate) meter: Meter,
    pub(crate) book: Book,
    findings: Mutex<Vec<Finding>>,
}

impl Stage {
    /// Finds everybody, and looks at the menu.
    pub(crate) async fn set(
        session: &Session,
        plan: Plan,
        weather: Weather,
        patience: Duration,
        thinking: Duration,
    ) -> Outcome<Self> {
        let admin = session.order(Role::Admin).await?;
        let enabled = all_products(&admin).await?.into_iter().filter(|product| product.enabled);
        let menu: Vec<ProductId> = enabled.map(|product| product.id).collect();
        if menu.is_empty() {
            return Err(Failure::refused("there is nothing on the menu").hint("`lanchonete seed` loads one"));
        }
        Ok(Stage {
            plan,
            weather,
            patience,
            thinking,
            run: Uuid::now_v7(),
            menu,
            people: fixtures::customers()?,
            door: session.auth(Role::Kiosk).await?,
            kiosk: session.order(Role::Kiosk).await?,
            // Whoever may sign tokens here has a cashier; elsewhere the administrator sits at the till.
            cashier: session.order(Role::Cashier).await.unwrap_or_else(|_| admin.clone()),
            kitchen: session.order(Role::Kitchen).await?,
            admin,
            payments: session.payment(Role::Admin).await?,
            panel: Control::new(session.url(Service::Sandbox), MOVE_TIMEOUT)?,
            meter: Meter::default(),
            book: Book::default(),
            findings: Mutex::default(),
        })
    }

    /// Asks for as long as a service may be away.
    pub(crate) async fn insist<T, E, A>(&self, ask: impl Fn() -> A) -> Result<T, E>
    where
        A: Future<Output = Result<T, E>>,
        E: Complaint,
    {
        self.meter.insist(self.patience, ask).await
    }

    /// Notes what is not as it must be.
    pub(crate) fn found(&self, order_id: Option<OrderId>, customer: Option<u32>, what: String) {
        let mut findings = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
        if findings.len() < MOST_FINDINGS {
            findings.push(Finding { order_id, customer, what });
        }
    }

    /// What was noted.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The order service, as this customer sees it.
    pub(crate) async fn orders_for(&self, script: &Script) -> Result<OrderClient, CallError> {
        let admitted = match script.who {
            Who::Kiosk => return Ok(self.kiosk.clone()),
            Who::Anonymous => self.insist(|| self.door.anonymous()).await?,
            Who::Identified(any) => {
                let person = &self.people[any as usize % self.people.len()];
                self.insist(|| admit(&self.door, person)).await?
            }
        };
        let token = FixedToken::new(admitted.access_token.into());
        Ok(OrderClient::new(self.kiosk.http().clone().with_bearer(token)))
    }
}

/// Who was here before is found by the CPF; the others register. Of two who register at once, one was here before.
pub(crate) async fn admit(door: &AuthClient, person: &Customer) -> Result<Admitted, CallError> {
    let known = Identify { cpf: person.cpf.clone() };
    match door.identify(&known).await {
        Err(error) if error.status() == Some(404) => {}
        answer => return answer,
    }
    let Customer { name, email, cpf } = person;
    let body = Register { name: name.clone(), email: email.clone(), cpf: cpf.clone(), password: None };
    match door.register(&body).await {
        Err(error) if error.status() == Some(409) => door.identify(&known).await,
        answer => answer,
    }
}
