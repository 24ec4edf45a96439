//! Subgraph instances expanded: every node once per path that leads to it, as the browser sends them.

use std::borrow::Cow;

use foldhash::{HashMap, HashMapExt};

use super::Page;
use super::group;
use super::host::{self, PortState};
use super::raw::{DefinitionIds, Kind, Raw};
use super::sheet::Sheet;
use crate::read::json::JsonRef;
use crate::span::Span;
use crate::workflow::graph::{MAX_NODES, Mode, Specs};

/// Deepest nesting of subgraphs that is followed. Official templates nest twice; the browser gives up at 1000.
const MAX_NESTING: usize = 64;
/// Most nodes, slots and values together after expansion: definitions that contain each other many times grow without end.
const MAX_WEIGHT: usize = 300_000;

/// The whole file, flattened. A node is named by its index in `nodes`; the nodes of a scope lie together.
pub(in crate::workflow) struct Flat<'a> {
    pub sheets: Vec<Sheet<'a>>,
    pub scopes: Vec<Scope<'a>>,
    nodes: Vec<Place>,
    /// Values that a subgraph instance gives to a widget inside that is not linked to one of its inputs.
    pub overrides: HashMap<(u32, String), host::Saved<'a>>,
    /// What is not followed, and why.
    pub unread: Vec<(Span, String)>,
    /// Of these the instances that lie inside their own subgraph, with its name.
    pub circular: Vec<(Span, String)>,
}

/// Where a node stands.
#[derive(Clone, Copy)]
struct Place {
    scope: u32,
    /// Its index in the scope's sheet.
    raw: u32,
    /// For an instance that was expanded: the scope with its nodes.
    inner: Option<u32>,
}

/// The root, or one use of a definition.
pub(in crate::workflow) struct Scope<'a> {
    pub sheet: u32,
    /// The instance; `None` for the root.
    pub host: Option<u32>,
    /// The first of its nodes.
    pub first: u32,
    /// What the instance gives to each input of the definition.
    pub ports: Vec<PortState<'a>>,
    /// False inside a muted or bypassed instance.
    pub active: bool,
    depth: usize,
}

impl<'a> Flat<'a> {
    /// Reads the root graph and every definition that is used.
    pub fn read(root: JsonRef<'a>, specs: &mut Specs) -> Self {
        let definitions = Definitions::find(root);
        let main = Sheet::read(root, &definitions.ids, None);
        let mut flat = Self {
            sheets: Vec::new(),
            scopes: Vec::new(),
            nodes: Vec::new(),
            overrides: HashMap::new(),
            unread: Vec::new(),
            circular: Vec::new(),
        };
        flat.sheets.push(main);
        flat.open(0, None);
        flat.expand(definitions, specs);
        host::fill(&mut flat, specs);
        flat
    }

    /// Breadth first, so that the root's nodes come first and in the order of the file. A muted or bypassed instance has no
    /// nodes in the main graph; inside another subgraph the browser sends them all the same, though nothing asks for them.
    fn expand(&mut self, mut definitions: Definitions<'a>, specs: &mut Specs) {
        let mut weight = self.sheets[0].weight;
        let mut scope = 0;
        while scope < self.scopes.len() {
            for node in self.members(scope as u32) {
                let raw = self.raw(node);
                if let Kind::Instance(definition) = raw.kind
                    && (raw.mode == Mode::Active || scope > 0)
                {
                    let span = raw.class_span;
                    let sheet = definitions.sheet(&mut self.sheets, definition, specs);
                    match self.fits((scope as u32, node), sheet, &mut weight) {
                        Ok(()) => self.open(sheet, Some(node)),
                        Err(reason) => {
                            if self.is_inside(scope as u32, sheet) {
                                self.circular.push((span, self.sheets[sheet as usize].name.to_string()));
                            }
                            self.unread.push((span, reason));
                        }
                    }
                }
            }
            scope += 1;
        }
    }

    /// Whether an instance of a sheet may stand in a scope.
    fn fits(&self, (scope, node): (u32, u32), sheet: u32, weight: &mut usize) -> Result<(), String> {
        let added = &self.sheets[sheet as usize];
        if let Some(misfit) = added.is_group().then(|| group::misfit(added, self.raw(node))).flatten() {
            return Err(misfit);
        }
        let name = &self.sheets[sheet as usize].name;
        if self.is_inside(scope, sheet) {
            return Err(format!("the subgraph '{name}' contains itself"));
        }
        if self.scopes[scope as usize].depth >= MAX_NESTING {
            return Err(format!("subgraphs nested deeper than {MAX_NESTING} are not followed"));
        }
        if *weight + added.weight > MAX_WEIGHT || self.nodes.len() + added.nodes.len() > MAX_NODES {
            return Err(format!(
                "the subgraph '{name}' is not followed: the whole would have more than {MAX_NODES} nodes"
            ));
        }
        *weight += added.weight.max(1);
        Ok(())
    }

    /// True when a scope is a use of a sheet, or lies inside of one.
    fn is_inside(&self, scope: u32, sheet: u32) -> bool {
        let outer = |at: &u32| self.scopes[*at as usize].host.map(|host| self.place(host).scope);
        std::iter::successors(Some(scope), outer).any(|at| self.scopes[at as usize].sheet == sheet)
    }

    fn open(&mut self, sheet: u32, host: Option<u32>) {
        let (scope, first) = (self.scopes.len() as u32, self.nodes.len() as u32);
        let count = self.sheets[sheet as usize].nodes.len() as u32;
        let depth = host.map_or(0, |host| self.scope_of(host).depth + 1);
        let active = host.is_none_or(|host| self.scope_of(host).active && self.raw(host).mode == Mode::Active);
        if let Some(host) = host {
            self.nodes[host as usize].inner = Some(scope);
        }
        self.nodes.extend((0..count).map(|raw| Place { scope, raw, inner: None }));
        self.scopes.push(Scope { sheet, host, first, ports: Vec::new(), active, depth });
    }

    /// The nodes as they are written, each once, without those of group nodes: they are written in another form.
    pub fn pages(self) -> Vec<Page<'a>> {
        let firsts = |sheet: usize| self.scopes.iter().filter(move |scope| scope.sheet as usize == sheet);
        let firsts = |sheet| firsts(sheet).map(|scope| scope.first).collect();
        let sheets = self.sheets.into_iter().enumerate().filter(|(_, sheet)| !sheet.is_group());
        sheets.map(|(number, sheet)| Page { nodes: sheet.nodes, firsts: firsts(number) }).collect()
    }

    fn place(&self, node: u32) -> Place {
        self.nodes[node as usize]
    }

    /// How many nodes there are.
    pub fn len(&self) -> u32 {
        self.nodes.len() as u32
    }

    /// The nodes of a scope.
    pub fn members(&self, scope: u32) -> std::ops::Range<u32> {
        let scope = &self.scopes[scope as usize];
        scope.first..scope.first + self.sheets[scope.sheet as usize].nodes.len() as u32
    }

    /// The node as it is written.
    pub fn raw(&self, node: u32) -> &Raw<'a> {
        let place = self.place(node);
        &self.sheets[self.scopes[place.scope as usize].sheet as usize].nodes[place.raw as usize]
    }

    /// The node's index in its own graph.
    pub fn index(&self, node: u32) -> u32 {
        self.place(node).raw
    }

    /// The scope that a node stands in.
    pub fn scope_of(&self, node: u32) -> &Scope<'a> {
        &self.scopes[self.place(node).scope as usize]
    }

    /// The graph that a node stands in.
    pub fn sheet_of(&self, node: u32) -> &Sheet<'a> {
        &self.sheets[self.scope_of(node).sheet as usize]
    }

    /// The scope with the nodes of an instance that was expanded.
    pub fn inner(&self, node: u32) -> Option<u32> {
        self.place(node).inner
    }

    /// Its path: the ids of the instances around it and its own, joined with colons.
    pub fn id(&self, node: u32) -> String {
        self.path(node, &|_, _| None)
    }

    /// As [`Flat::id`], with new ids for some nodes of definitions, named by the definition and their place in it.
    pub fn path(&self, node: u32, new: &dyn Fn(u32, u32) -> Option<i64>) -> String {
        let given = self.sheet_of(node).definition.and_then(|definition| new(definition, self.index(node)));
        let own = given.map_or_else(|| self.raw(node).id.clone(), |id| id.to_string().into());
        match self.scope_of(node).host {
            None => own.into_owned(),
            Some(host) => self.path(host, new) + ":" + &own,
        }
    }
}

/// The subgraph definitions of a file; those that are used are read once.
struct Definitions<'a> {
    ids: DefinitionIds<'a>,
    list: Vec<Definition<'a>>,
}

struct Definition<'a> {
    json: JsonRef<'a>,
    /// The class of its instances, when it is a group node.
    group: Option<String>,
    /// Its sheet, once it was read.
    sheet: Option<u32>,
}

impl<'a> Definitions<'a> {
    /// All definitions, also those that a definition carries itself.
    fn find(root: JsonRef<'a>) -> Self {
        let mut found = Self { ids: HashMap::new(), list: Vec::new() };
        let mut graphs = vec![root];
        while let Some(graph) = graphs.pop() {
            let list = graph.get("definitions").and_then(|definitions| definitions.get("subgraphs"));
            for definition in list.into_iter().flat_map(|list| list.items()).take(MAX_NODES) {
                if let Some(id) = definition.get("id").and_then(|id| id.as_str()) {
                    found.ids.entry(id).or_insert(found.list.len() as u32);
                    found.list.push(Definition { json: definition, group: None, sheet: None });
                }
                graphs.push(definition);
            }
        }
        for (classes, json) in group::definitions(root) {
            let group = classes.first().cloned();
            let place = found.list.len() as u32;
            for class in classes {
                found.ids.entry(Cow::Owned(class)).or_insert(place);
            }
            found.list.push(Definition { json, group, sheet: None });
        }
        found
    }

    fn sheet(&mut self, sheets: &mut Vec<Sheet<'a>>, definition: u32, specs: &mut Specs) -> u32 {
        let found = &mut self.list[definition as usize];
        *found.sheet.get_or_insert_with(|| {
            let sheet = match &found.group {
                Some(class) => group::read(class, found.json, specs),
                None => Sheet::read(found.json, &self.ids, Some(definition)),
            };
            sheets.push(sheet);
            sheets.len() as u32 - 1
        })
    }
}
