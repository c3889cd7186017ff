//! The places of a kitchen and the categories of the menu that are made there.

use crate::text::fold;

/// The station of whatever no other one makes, unless the configuration has one of that name.
pub const OTHERS: &str = "outros";

/// A place in the kitchen and what is made there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// Its name.
    pub name: String,
    /// The names of its categories, whatever their case and accents.
    pub categories: Vec<String>,
}

impl Station {
    /// Whether this category of the menu is made here.
    pub fn makes(&self, category: &str) -> bool {
        self.categories.iter().any(|own| fold(own) == fold(category))
    }
}

/// Categories of the menu that no station makes: only who sees everything, and the station [`OTHERS`], has them. None
/// where there are no stations at all.
pub fn unmapped<'a>(stations: &[Station], menu: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let is_made = |category: &str| stations.iter().any(|station| station.makes(category));
    menu.into_iter().filter(|category| !stations.is_empty() && !is_made(category)).collect()
}

/// What stations make and the menu does not have: the station and its category.
pub fn unknown<'a>(stations: &'a [Station], menu: &[&str]) -> Vec<(&'a str, &'a str)> {
    let known: Vec<_> = menu.iter().map(|name| fold(name)).collect();
    let named = |station: &'a Station| station.categories.iter().map(|category| (&*station.name, &**category));
    stations.iter().flat_map(named).filter(|(_, category)| !known.contains(&fold(category))).collect()
}
