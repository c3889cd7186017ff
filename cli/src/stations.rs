//! Whether the stations of the kitchen and the menu fit together.

use std::time::Duration;

use api::client::OrderClient;
use tui::Station;
use tui::stations::{OTHERS, unknown, unmapped};

use crate::exit::{Failure, Outcome};

/// The longest that the menu may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// More categories than any menu has.
const CATEGORIES: u32 = 100;

/// The names of the menu's categories.
pub(crate) async fn menu(client: &OrderClient) -> Outcome<Vec<String>> {
    let asked = tokio::time::timeout(PATIENCE, client.categories(0, CATEGORIES)).await;
    let page = asked.map_err(|_| Failure::unreachable("the order service does not say what is on the menu"))??;
    Ok(page.items.into_iter().map(|category| category.name).collect())
}

/// Categories that stations name and the menu does not have.
pub(crate) fn unknown_ones(stations: &[Station], menu: &[String]) -> Option<String> {
    let menu: Vec<&str> = menu.iter().map(String::as_str).collect();
    let said = unknown(stations, &menu).into_iter().map(|(station, category)| format!("{station} names {category:?}"));
    let said = said.collect::<Vec<_>>().join(", ");
    (!said.is_empty()).then(|| format!("board.stations: {said}, which the menu does not have"))
}

/// Categories that no station makes.
pub(crate) fn unmapped_ones(stations: &[Station], menu: &[String]) -> Option<String> {
    let names = unmapped(stations, menu.iter().map(String::as_str)).join(", ");
    let where_seen = format!("`board --station {OTHERS}` and a board without a station show them");
    (!names.is_empty()).then(|| format!("no station makes {names}; {where_seen}"))
}
