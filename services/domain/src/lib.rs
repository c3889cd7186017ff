//! The vocabulary of the snack bar: money, people's documents, ids, time and the two state machines.
//!
//! Nothing here waits, reads, writes or knows of HTTP and SQL, so everything can be tested as a table.

mod cpf;
mod email;
mod id;
mod limits;
mod money;
pub mod order;
mod page;
pub mod payment;
mod role;
#[cfg(feature = "schema")]
mod schema;
mod text;
mod time;

pub use cpf::{Cpf, CpfError};
pub use email::{Email, EmailError};
pub use id::{CategoryId, CustomerId, EntryId, ErasureId, IdError, OrderId, PaymentId, ProductId};
pub use limits::*;
pub use money::{Money, MoneyError};
pub use order::{OrderStatus, PaymentMethod};
pub use page::Page;
pub use payment::PaymentStatus;
pub use role::{Role, UnknownRole};
pub use text::{TextError, clean_line, is_plain};
pub use time::{BusinessDay, Clock, DayRule, ManualClock, SystemClock, Timestamp};
