//! Who may do what.

web::permit! {
    /// The owner.
    pub(super) Owner => [Admin];
    /// Whoever lets customers in.
    pub(super) Counter => [Admin, Cashier, Kiosk];
    /// Whoever has a valid token.
    pub(super) Anybody => [Admin, Cashier, Kitchen, Kiosk, Customer, Service];
}
