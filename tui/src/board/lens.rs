//! What a board looks at: everything, one category of the menu, or one station of the kitchen.

use std::collections::BTreeSet;

use domain::CategoryId;

use super::card::{Card, Item};
use super::{Model, moves};
use crate::text::fold;

/// What a board looks at. What it does not show, its keys do not touch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Lens {
    /// Every item of every order.
    #[default]
    All,
    /// Items of one category.
    Category(CategoryId),
    /// Items of the categories that belong to this station.
    Station(String),
}

/// The categories of the menu, and what the lens lets through.
#[derive(Debug, Clone, Default)]
pub struct Menu {
    /// Each category's name, in the order of the menu.
    pub categories: Vec<(CategoryId, String)>,
    /// Categories that the lens shows; `None` shows everything.
    shown: Option<BTreeSet<CategoryId>>,
}

impl Menu {
    fn knows(&self, category: CategoryId) -> bool {
        self.categories.iter().any(|(known, _)| *known == category)
    }
}

impl Model {
    /// Looks at something else.
    pub fn look_at(&mut self, lens: Lens) {
        let shown = match &lens {
            Lens::All => None,
            Lens::Category(category) => Some(BTreeSet::from([*category])),
            Lens::Station(name) => {
                let wanted = self.settings.stations.iter().find(|station| station.name == *name);
                let wanted: Vec<_> =
                    wanted.into_iter().flat_map(|station| &station.categories).map(|n| fold(n)).collect();
                let known = self.menu.categories.iter().filter(|(_, name)| wanted.contains(&fold(name)));
                Some(known.map(|(id, _)| *id).collect())
            }
        };
        self.menu.shown = shown;
        self.lens = lens;
        self.changed();
    }

    /// The menu's categories came.
    pub(crate) fn learn_menu(&mut self, categories: Vec<(CategoryId, String)>) {
        self.menu.categories = categories;
        self.look_at(self.lens.clone());
    }

    /// Whether the lens shows an item. One of a category that is not known is shown to everybody: nothing that
    /// somebody has to make may be hidden.
    pub fn sees(&self, item: &Item) -> bool {
        let shown = |shown: &BTreeSet<_>| shown.contains(&item.category) || !self.menu.knows(item.category);
        self.menu.shown.as_ref().is_none_or(shown)
    }

    /// The items of a card that are shown.
    pub fn seen_items<'a>(&'a self, card: &'a Card) -> impl Iterator<Item = &'a Item> + Clone {
        card.items.iter().filter(|item| self.sees(item))
    }

    /// Whether something that is shown is still to be made.
    pub fn has_work(&self, card: &Card) -> bool {
        self.seen_items(card).any(|item| !item.struck)
    }

    /// The column of a card: its status, but at a station an order is done when its items are. `None`: not shown.
    pub fn column_of(&self, card: &Card) -> Option<usize> {
        let column = moves::column_of(card.status)?;
        if self.lens == Lens::All {
            return Some(column);
        }
        self.seen_items(card).next()?;
        Some(if moves::is_open(card.status) && !self.has_work(card) { 2 } else { column })
    }

    /// Names of the categories with an item in some open order that the menu did not name when it was last read.
    pub(crate) fn has_unknown_category(&self) -> bool {
        self.cards.iter().flat_map(|card| &card.items).any(|item| !self.menu.knows(item.category))
    }

    /// How much each station has still to make of an order, in the configuration's order; what belongs to none comes
    /// last, without a name.
    pub fn owed(&self, card: &Card) -> Vec<(Option<&str>, u32)> {
        let open = |item: &&Item| !item.struck;
        let name_of =
            |item: &Item| self.menu.categories.iter().find(|(id, _)| *id == item.category).map(|(_, n)| fold(n));
        let station_of = |item: &Item| {
            let name = name_of(item)?;
            self.settings.stations.iter().position(|s| s.categories.iter().any(|category| fold(category) == name))
        };
        let mut sums = vec![0_u32; self.settings.stations.len() + 1];
        for item in card.items.iter().filter(open) {
            let at = station_of(item).unwrap_or(self.settings.stations.len());
            sums[at] = sums[at].saturating_add(item.quantity);
        }
        let names = self.settings.stations.iter().map(|station| Some(station.name.as_str())).chain([None]);
        names.zip(sums).filter(|(_, sum)| *sum > 0).collect()
    }

    /// [`owed`](Self::owed) by the others, in words; empty when they owe nothing or there are no stations.
    pub fn owed_elsewhere(&self, card: &Card) -> String {
        if self.settings.stations.is_empty() || !moves::is_open(card.status) {
            return String::new();
        }
        let own = match &self.lens {
            Lens::Station(name) => Some(name.as_str()),
            Lens::All | Lens::Category(_) => None,
        };
        let others = self.owed(card).into_iter().filter(|(name, _)| name.is_none() || *name != own);
        let part = |(name, sum): (Option<&str>, u32)| format!("{} {sum}", name.unwrap_or(self.texts().others));
        others.map(part).collect::<Vec<_>>().join(" · ")
    }

    /// The name of the lens for a person; `None` for everything.
    pub fn lens_name(&self) -> Option<String> {
        match &self.lens {
            Lens::All => None,
            Lens::Station(name) => Some(name.clone()),
            Lens::Category(id) => {
                self.menu.categories.iter().find(|(known, _)| known == id).map(|(_, name)| name.clone())
            }
        }
    }

    /// Everything that can be looked at: all, each station, each category.
    pub fn lenses(&self) -> Vec<(Lens, String)> {
        let texts = self.texts();
        let stations = self.settings.stations.iter().map(|station| {
            let name = crate::texts::fill(texts.station, &[("name", &station.name)]);
            (Lens::Station(station.name.clone()), name)
        });
        let categories = self.menu.categories.iter().map(|(id, name)| (Lens::Category(*id), name.clone()));
        [(Lens::All, texts.everything.to_owned())].into_iter().chain(stations).chain(categories).collect()
    }

    /// What stations name and the menu does not have.
    pub(crate) fn unknown_category(&self) -> Option<(&str, &str)> {
        let known: Vec<_> = self.menu.categories.iter().map(|(_, name)| fold(name)).collect();
        self.settings
            .stations
            .iter()
            .flat_map(|station| station.categories.iter().map(|category| (station.name.as_str(), category.as_str())))
            .find(|(_, category)| !known.contains(&fold(category)))
    }
}
