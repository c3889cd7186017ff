//! What a board looks at: everything, one category of the menu, or one station of the kitchen.

use std::collections::BTreeSet;

use domain::CategoryId;

use super::card::{Card, Item};
use super::{Model, moves};
use crate::stations::{unknown, unmapped};

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
    /// Items of the categories that belong to no station.
    Others,
}

/// The categories of the menu, and what the lens lets through.
#[derive(Debug, Clone, Default)]
pub struct Menu {
    /// Each category's name, in the order of the menu.
    pub categories: Vec<(CategoryId, String)>,
    /// Categories that the lens shows; `None` shows everything.
    shown: Option<BTreeSet<CategoryId>>,
    /// The same without a filter: what the board is there for.
    home: Option<BTreeSet<CategoryId>>,
}

impl Menu {
    fn name(&self, category: CategoryId) -> Option<&str> {
        self.categories.iter().find(|(known, _)| *known == category).map(|(_, name)| name.as_str())
    }

    /// Whether an item is among these. One of a category that is not known is shown to everybody: nothing that
    /// somebody has to make may be hidden.
    fn has(&self, shown: Option<&BTreeSet<CategoryId>>, item: &Item) -> bool {
        shown.is_none_or(|shown| shown.contains(&item.category) || self.name(item.category).is_none())
    }
}

impl Model {
    /// Looks at something else.
    pub fn look_at(&mut self, lens: Lens) {
        self.menu.shown = self.categories_of(&lens);
        self.menu.home = self.categories_of(&self.home());
        self.lens = lens;
        self.changed();
    }

    /// What the board looks at without a filter.
    pub fn home(&self) -> Lens {
        let is_known = |name: &String| self.settings.stations.iter().any(|station| station.name == *name);
        match &self.settings.station {
            None => Lens::All,
            Some(name) if is_known(name) => Lens::Station(name.clone()),
            Some(_) => Lens::Others,
        }
    }

    fn categories_of(&self, lens: &Lens) -> Option<BTreeSet<CategoryId>> {
        let stations = &self.settings.stations;
        let named = |wanted: &dyn Fn(&str) -> bool| {
            Some(self.menu.categories.iter().filter(|(_, name)| wanted(name)).map(|(id, _)| *id).collect())
        };
        match lens {
            Lens::All => None,
            Lens::Category(category) => Some(BTreeSet::from([*category])),
            Lens::Station(name) => {
                let station = stations.iter().find(|station| station.name == *name);
                named(&|category| station.is_some_and(|station| station.makes(category)))
            }
            Lens::Others => named(&|category| !stations.iter().any(|station| station.makes(category))),
        }
    }

    /// The menu's categories came.
    pub(crate) fn learn_menu(&mut self, categories: Vec<(CategoryId, String)>) {
        self.menu.categories = categories;
        self.look_at(self.lens.clone());
    }

    /// Whether the lens shows an item.
    pub fn sees(&self, item: &Item) -> bool {
        self.menu.has(self.menu.shown.as_ref(), item)
    }

    /// Whether an order is for this board, whatever is filtered or searched for: it rings, and is counted when hidden.
    pub fn is_ours(&self, card: &Card) -> bool {
        let home = self.menu.home.as_ref();
        let has_item = home.is_none() || card.items.iter().any(|item| self.menu.has(home, item));
        moves::column_of(card.status).is_some() && has_item
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
        self.cards.iter().flat_map(|card| &card.items).any(|item| self.menu.name(item.category).is_none())
    }

    /// What others than who sees this have still to make of an order, in words: by station, or by category where there
    /// are no stations. Whoever sees everything is told what each station owes.
    pub fn owed_elsewhere(&self, card: &Card) -> String {
        if !moves::is_open(card.status) || (self.lens == Lens::All && self.settings.stations.is_empty()) {
            return String::new();
        }
        let mut sums: Vec<(&str, u32)> = Vec::new();
        let mut rest = 0_u32;
        for item in card.items.iter().filter(|item| !item.struck && (self.lens == Lens::All || !self.sees(item))) {
            let name = self.maker(item);
            match (name, sums.iter_mut().find(|(known, _)| Some(*known) == name)) {
                (None, _) => rest = rest.saturating_add(item.quantity),
                (Some(_), Some((_, sum))) => *sum = sum.saturating_add(item.quantity),
                (Some(name), None) => sums.push((name, item.quantity)),
            }
        }
        sums.sort_by_key(|(name, _)| self.settings.stations.iter().position(|station| station.name == *name));
        sums.extend((rest > 0).then_some((self.texts().others, rest)));
        sums.iter().map(|(name, sum)| format!("{name} {sum}")).collect::<Vec<_>>().join(" · ")
    }

    /// Who makes an item: its station, or its category where there are none; `None` for what belongs to nobody.
    fn maker(&self, item: &Item) -> Option<&str> {
        let category = self.menu.name(item.category)?;
        let stations = &self.settings.stations;
        let station = stations.iter().find(|station| station.makes(category)).map(|station| station.name.as_str());
        if stations.is_empty() { Some(category) } else { station }
    }

    /// The name of the lens for a person; `None` for everything.
    pub fn lens_name(&self) -> Option<String> {
        match &self.lens {
            Lens::All => None,
            Lens::Station(name) => Some(name.clone()),
            Lens::Others => Some(self.texts().others.to_owned()),
            Lens::Category(id) => self.menu.name(*id).map(str::to_owned),
        }
    }

    /// Everything that can be looked at: all, each station, each category.
    pub fn lenses(&self) -> Vec<(Lens, String)> {
        let texts = self.texts();
        let stations = self.settings.stations.iter().map(|station| {
            let name = crate::texts::fill(texts.station, &[("name", &station.name)]);
            (Lens::Station(station.name.clone()), name)
        });
        let others = (Lens::Others, crate::texts::fill(texts.station, &[("name", texts.others)]));
        let others = Some(others).filter(|_| !self.unmapped().is_empty());
        let categories = self.menu.categories.iter().map(|(id, name)| (Lens::Category(*id), name.clone()));
        let all = [(Lens::All, texts.everything.to_owned())];
        all.into_iter().chain(stations).chain(others).chain(categories).collect()
    }

    /// Categories that no station makes.
    pub fn unmapped(&self) -> Vec<&str> {
        unmapped(&self.settings.stations, self.menu.categories.iter().map(|(_, name)| name.as_str()))
    }

    /// What is wrong between the stations and the menu, for whoever can tell the owner.
    pub(crate) fn misfit(&self) -> Option<String> {
        let texts = self.texts();
        let menu: Vec<&str> = self.menu.categories.iter().map(|(_, name)| name.as_str()).collect();
        let unknown = unknown(&self.settings.stations, &menu).into_iter().next().map(|(station, category)| {
            crate::texts::fill(texts.unknown_category, &[("station", station), ("category", category)])
        });
        let unmapped = Some(self.unmapped()).filter(|names| !names.is_empty() && self.home() == Lens::All);
        let unmapped = unmapped.map(|names| crate::texts::fill(texts.unmapped, &[("names", &names.join(", "))]));
        let said: Vec<String> = unknown.into_iter().chain(unmapped).collect();
        Some(said.join(" ")).filter(|said| !said.is_empty())
    }
}
