//! Who may do what.

web::permit! {
    /// The owner.
    pub(super) Owner => [Admin];
    /// Whoever lets customers in.
    pub(super) Counter => [Admin, Cashier, Kiosk];
    /// Our services.
    pub(super) Peer => [Admin, Service];
    /// Who may be erased, and who may do it.
    pub(super) Eraser => [Admin, Customer];
    /// Whoever has a valid token.
    pub(super) Anybody => [Admin, Cashier, Kitchen, Kiosk, Customer, Service];
}
