//! Promoted widgets: the values that a subgraph instance holds for the nodes inside.
//!
//! New form: one value per input of the definition that ends at a widget, in the order of the definition. Old form:
//! `properties.proxyWidgets` lists node and widget for each value. Where both are there the list has the last word, as in
//! ComfyUI_frontend's `proxyWidgetMigration.ts`.

use super::flat::Flat;
use super::group;
use super::raw::{Kind, Raw, id_text};
use crate::read::json::JsonRef;
use crate::workflow::graph::{MAX_INPUTS, Specs};

/// A value in the instance's `widgets_values`.
#[derive(Clone, Copy)]
pub(in crate::workflow) struct Saved<'a> {
    pub json: JsonRef<'a>,
    /// The instance.
    pub host: u32,
}

/// What an instance makes of one input of its definition.
pub(in crate::workflow) struct PortState<'a> {
    /// The first widget inside that the input feeds: node and slot. `None` when it feeds sockets only.
    pub target: Option<(u32, usize)>,
    pub saved: Option<Saved<'a>>,
}

/// Fills in the ports of every scope: inner ones first, because an outer instance may hold a value for an inner one.
pub(in crate::workflow) fn fill(flat: &mut Flat<'_>, specs: &mut Specs) {
    // Where a definition's inputs lead is the same for all its instances: its own place for a node, and the slot.
    let mut known: Vec<Option<Vec<Target>>> = vec![None; flat.sheets.len()];
    for scope in (1..flat.scopes.len()).rev() {
        let sheet = flat.scopes[scope].sheet as usize;
        let targets = known[sheet].get_or_insert_with(|| targets(flat, scope, specs));
        let ports = ports(flat, scope, targets);
        flat.scopes[scope].ports = ports;
        if flat.sheets[sheet].is_group() {
            group::give(flat, scope);
        } else {
            proxies(flat, scope);
        }
    }
}

/// A node of a definition and a slot of it.
type Target = Option<(u32, usize)>;

fn ports<'a>(flat: &Flat<'a>, scope: usize, targets: &[Target]) -> Vec<PortState<'a>> {
    let Some(host) = flat.scopes[scope].host else { return Vec::new() };
    let first = flat.scopes[scope].first;
    let state = |target: &Target| PortState { target: target.map(|(place, slot)| (first + place, slot)), saved: None };
    let mut ports: Vec<PortState<'a>> = targets.iter().map(state).collect();
    let promoted: Vec<usize> = (0..ports.len()).filter(|&port| ports[port].target.is_some()).collect();
    let values = flat.raw(host).values.into_iter().flat_map(|values| values.items());
    for (port, json) in promoted.into_iter().zip(values) {
        ports[port].saved = Some(Saved { json, host });
    }
    ports
}

/// The first widget that each port feeds.
fn targets(flat: &Flat<'_>, scope: usize, specs: &mut Specs) -> Vec<Target> {
    let ports = flat.sheets[flat.scopes[scope].sheet as usize].inputs.len();
    (0..ports).map(|port| target(flat, scope, port, specs)).collect()
}

fn target(flat: &Flat<'_>, scope: usize, port: usize, specs: &mut Specs) -> Target {
    let scope = &flat.scopes[scope];
    let sheet = &flat.sheets[scope.sheet as usize];
    sheet.inputs[port].links.iter().find_map(|&id| {
        let place = sheet.links.get(id)?.target()?;
        let slot = sheet.nodes[place as usize].slots.iter().position(|slot| slot.link == Some(id))?;
        is_widget(flat, scope.first + place, slot, specs).then_some((place, slot))
    })
}

fn is_widget(flat: &Flat<'_>, node: u32, slot: usize, specs: &mut Specs) -> bool {
    let raw = flat.raw(node);
    let slot = &raw.slots[slot];
    match flat.inner(node) {
        Some(inner) => port_named(flat, inner, &slot.name).is_some_and(|(_, state)| state.target.is_some()),
        None => slot.widget && has_widget(raw, &slot.name, specs),
    }
}

/// A class that is known may have lost a widget since the file was saved. CustomCombo makes its widgets itself.
fn has_widget(raw: &Raw<'_>, name: &str, specs: &mut Specs) -> bool {
    let spec = if raw.kind == Kind::Real { specs.index(&raw.class) } else { None };
    let known = spec.and_then(|spec| specs.get(spec));
    known.is_none_or(|spec| spec.widget(name).is_some() || spec.class == "CustomCombo")
}

/// The port of a scope by its name.
pub(in crate::workflow) fn port_named<'f, 'a>(
    flat: &'f Flat<'a>,
    scope: u32,
    name: &str,
) -> Option<(usize, &'f PortState<'a>)> {
    let scope = &flat.scopes[scope as usize];
    let index = flat.sheets[scope.sheet as usize].inputs.iter().position(|port| port.name == name)?;
    Some((index, scope.ports.get(index)?))
}

/// The value of a port: what the instance holds, else what an instance inside holds. `Err` names the widget whose own
/// value counts; `None` when the port feeds sockets only.
pub(in crate::workflow) fn value<'a>(
    flat: &Flat<'a>,
    scope: u32,
    port: usize,
) -> Option<Result<Saved<'a>, (u32, usize)>> {
    let mut state = flat.scopes[scope as usize].ports.get(port)?;
    loop {
        if let Some(saved) = state.saved {
            return Some(Ok(saved));
        }
        let (node, slot) = state.target?;
        match flat.inner(node) {
            Some(inner) => state = port_named(flat, inner, &flat.raw(node).slots[slot].name)?.1,
            None => return Some(Err((node, slot))),
        }
    }
}

/// Applies the old list.
fn proxies(flat: &mut Flat<'_>, scope: usize) {
    let Some(host) = flat.scopes[scope].host else { return };
    let raw = flat.raw(host);
    let Some(list) = raw.properties.and_then(|properties| properties.get("proxyWidgets")) else { return };
    let values: Vec<_> = raw.values.into_iter().flat_map(|values| values.items()).collect();
    for (entry, &json) in list.items().zip(&values).take(MAX_INPUTS) {
        let (Some(id), Some(name)) = (entry.item(0), entry.item(1).and_then(|name| name.as_str())) else { continue };
        let Some(node) = flat.members(scope as u32).find(|&node| flat.raw(node).id == id_text(id)) else { continue };
        if !name.starts_with("$$") {
            give(flat, scope, (node, &name), Saved { json, host });
        }
    }
}

/// Puts a value where an entry of the list points: at a port that leads there, at a port of an instance inside, or at the
/// widget itself.
fn give<'a>(flat: &mut Flat<'a>, scope: usize, (node, name): (u32, &str), saved: Saved<'a>) {
    let leads = |state: &PortState<'_>| {
        state.target.is_some_and(|(to, slot)| to == node && flat.raw(to).slots[slot].name == name)
    };
    if let Some(port) = flat.scopes[scope].ports.iter().position(leads) {
        flat.scopes[scope].ports[port].saved = Some(saved);
        return;
    }
    match (flat.inner(node), flat.raw(node).kind) {
        (Some(inner), _) => {
            let port = port_named(flat, inner, name).map(|(port, _)| port).or_else(|| leading_to(flat, inner, name));
            if let Some(port) = port {
                flat.scopes[inner as usize].ports[port].saved = Some(saved);
            }
        }
        (None, Kind::Real | Kind::Primitive) => {
            flat.overrides.insert((node, name.to_owned()), saved);
        }
        _ => {}
    }
}

/// The port whose widget has this name.
fn leading_to(flat: &Flat<'_>, scope: u32, name: &str) -> Option<usize> {
    let named =
        |state: &PortState<'_>| state.target.is_some_and(|(node, slot)| flat.raw(node).slots[slot].name == name);
    flat.scopes[scope as usize].ports.iter().position(named)
}
