use super::super::news::Kind;
use super::super::{Effect, Model};

/// Rings and runs the alert command for what nobody has seen.
pub(super) fn say(model: &mut Model) -> Vec<Effect> {
    // Nobody presses keys at a read-only board: once must be enough there.
    let repeat = if model.settings.readonly { std::time::Duration::ZERO } else { model.settings.alert_repeat };
    let Some(alert) = model.news.say(model.now, repeat) else {
        model.news.hush();
        return Vec::new();
    };
    let mut effects = Vec::new();
    effects.extend(model.settings.bell.then_some(Effect::Bell));
    effects.extend((!model.settings.alert_command.is_empty()).then_some(Effect::Alert(alert)));
    effects
}

/// Says it again when it is time, unless somebody took care of it elsewhere.
pub(super) fn again(model: &mut Model) -> Vec<Effect> {
    fade(model);
    if model.news.is_due(model.now) { say(model) } else { Vec::new() }
}

/// A new order stops being news when it is begun, any order when it leaves the board.
fn fade(model: &mut Model) {
    let Model { news, cards, now, .. } = model;
    news.fade(*now, |id, kind| {
        let card = cards.iter().find(|card| card.id == id);
        card.is_some_and(|card| kind != Kind::New || card.status == domain::OrderStatus::Paid)
    });
}
