//! Whether every item of the menu comes to some screen of the kitchen.

use super::Findings;
use crate::clients::Session;
use crate::exit::{Failure, Outcome};
use crate::stations::{menu, unknown_ones, unmapped_ones};

pub(super) async fn look(session: &Session, findings: &mut Findings) {
    if !session.config.board.stations.is_empty() {
        findings.add("stations", judge(session).await);
    }
}

async fn judge(session: &Session) -> Outcome<String> {
    let stations = &session.config.board.stations;
    let menu = menu(&session.order_public()).await?;
    if let Some(unknown) = unknown_ones(stations, &menu) {
        return Err(Failure::usage(unknown)
            .hint("`lanchonete menu list` shows how the menu calls its categories; write board.stations likewise"));
    }
    let names: Vec<_> = stations.iter().map(|station| station.name.as_str()).collect();
    Ok(unmapped_ones(stations, &menu).unwrap_or_else(|| format!("{} make everything", names.join(", "))))
}
