use clap::Args;
use secrecy::SecretString;

use crate::config::Service;

macro_rules! places {
    ($($service:ident { $listen:ident $url:ident $database:ident })*) => {
        /// Where each service is; the same as the keys `auth.listen` and so on of the configuration.
        #[derive(Args, Clone)]
        #[command(next_help_heading = "Addresses and stores")]
        pub(crate) struct Places {
            $(
                /// Where it listens
                #[arg(long, global = true, value_name = "ADDR", hide_short_help = true)]
                $listen: Option<String>,
                /// Where it is reached
                #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
                $url: Option<String>,
                /// Where it keeps its data
                #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
                $database: Option<String>,
            )*
        }

        impl Places {
            /// The keys of a service with what was typed for them.
            pub(crate) fn of(&self, service: Service) -> [(&'static str, Option<&str>); 3] {
                match service {
                    $(Service::$service => [
                        ("listen", self.$listen.as_deref()),
                        ("url", self.$url.as_deref()),
                        ("database", self.$database.as_deref()),
                    ],)*
                }
            }
        }
    };
}

places! {
    Auth { auth_listen auth_url auth_database }
    Order { order_listen order_url order_database }
    Payment { payment_listen payment_url payment_database }
    Sandbox { sandbox_listen sandbox_url sandbox_database }
}

/// Whom a command talks to, and as whom.
#[derive(Args, Clone)]
pub(crate) struct Target {
    /// Address of the service this command is about
    #[arg(long, env = "LANCHONETE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Access token instead of the one in credentials.json
    #[arg(long, env = "LANCHONETE_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub(crate) token: Option<SecretString>,
}
