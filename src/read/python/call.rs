//! Calls that start programs, change lists and the environment, or run functions of the script.

use tree_sitter::Node;

use super::{Reader, Work, named, span};
use crate::read::script::{Assign, Dialect, Step};
use crate::read::value::{Text, Value};
use crate::read::{embedded, shell};

/// Deepest nesting of calls that is followed.
const MAX_CALLS: usize = 8;

/// Longest name of a function that may mean something: chains of calls are as long as the script.
const MAX_NAME: usize = 200;

/// Most requests of one script that are listed.
const MAX_POSTS: usize = 100;

/// Functions of `subprocess` that start a program.
const RUNNERS: [&str; 7] = ["run", "Popen", "call", "check_call", "check_output", "getoutput", "getstatusoutput"];

/// Functions that hand a text to the shell.
const SHELLS: [&str; 7] = [
    "os.system",
    "os.popen",
    "get_ipython().system",
    "get_ipython().getoutput",
    "asyncio.create_subprocess_shell",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
];

impl<'t> Reader<'t> {
    /// All calls in an expression, outermost first.
    pub(super) fn calls(&mut self, node: Node<'t>) {
        let mut nodes = vec![node];
        while let Some(node) = nodes.pop() {
            match node.kind() {
                "call" if self.call(node) => {}
                "lambda" | "string" | "function_definition" => {}
                _ => nodes.extend(named(node).into_iter().rev()),
            }
        }
    }

    /// Does what a call does. False when it means nothing here; its arguments may.
    fn call(&mut self, node: Node<'t>) -> bool {
        let (Some(function), Some(arguments)) =
            (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
        else {
            return false;
        };
        if function.byte_range().len() > MAX_NAME {
            return false;
        }
        let (name, arguments) = (self.slice(function), named(arguments));
        if self.functions.contains_key(name) {
            self.enter(name, &arguments);
            return true;
        }
        let (module, last) = name.rsplit_once('.').unwrap_or(("", name));
        match (module, last) {
            _ if SHELLS.contains(&name) => self.shell(node, &arguments),
            ("subprocess" | "sp" | "", _) if RUNNERS.contains(&last) => self.subprocess(node, &arguments),
            ("asyncio", "create_subprocess_exec") => self.started(node, &arguments, 0),
            ("os", _) if last.starts_with("execv") || last.starts_with("spawnv") => {
                self.replaced(node, &arguments, last)
            }
            ("os", _) if last.starts_with("execl") => self.started(node, &arguments, 1),
            ("requests" | "httpx", "post") => {
                self.posted(node, &arguments);
                return false;
            }
            ("os", "putenv") => self.put(&arguments, span(node)),
            ("os", "unsetenv") => self.unset_first(node, &arguments),
            ("", _) => return false,
            _ => return self.method_call(node, module, last, &arguments),
        }
        true
    }

    /// A workflow that is queued by a statement of its own: nobody keeps what the server answers.
    fn posted(&mut self, node: Node<'t>, arguments: &[Node<'t>]) {
        let alone = node.parent().is_some_and(|parent| parent.kind() == "expression_statement");
        let address = arguments.first().map_or("", |first| self.slice(*first));
        let queue = address.trim_end_matches(['"', '\'']).ends_with("/prompt");
        let comfy = ["8188", "comfy", "Comfy"].iter().any(|word| self.text.contains(word));
        // The places of a notebook's cells are not those of its file.
        let own = self.script.dialect == Dialect::Python;
        if alone && queue && comfy && own && self.script.blind_posts.len() < MAX_POSTS {
            let place = span(node);
            if !self.script.blind_posts.contains(&place) {
                self.script.blind_posts.push(place);
            }
        }
    }

    fn unset_first(&mut self, node: Node<'t>, arguments: &[Node<'t>]) {
        if let [first, ..] = arguments {
            let name = self.value(*first, 0).joined(span(*first));
            self.unset(&name, span(node));
        }
    }

    /// `list.append(x)`, `os.environ.update(...)`.
    fn method_call(&mut self, node: Node<'t>, object: &str, method: &str, arguments: &[Node<'t>]) -> bool {
        if self.dict_method(object, method, arguments, span(node)) {
            return true;
        }
        match (method, arguments) {
            ("append", [item]) => {
                let item = self.value(*item, 0).joined(span(*item));
                self.names.extend(object, vec![item])
            }
            ("extend", [items]) => {
                let items = self.value(*items, 0).items;
                self.names.extend(object, items)
            }
            ("insert" | "remove" | "clear" | "pop" | "reverse" | "sort", _) => {
                self.names.forget(object);
                false
            }
            _ => false,
        }
    }

    /// Reads the body of a function with the arguments of this call.
    fn enter(&mut self, name: &'t str, arguments: &[Node<'t>]) {
        let Some(function) = self.functions.get_mut(name) else { return };
        let node = function.node;
        let Some(body) = node.child_by_field_name("body") else { return };
        if self.active >= MAX_CALLS || body.byte_range().len() > self.budget {
            return;
        }
        function.called = true;
        self.budget -= body.byte_range().len();
        self.bind_parameters(node, arguments);
        self.active += 1;
        self.work.push(Work::Leave);
        self.later(vec![body]);
    }

    fn bind_parameters(&mut self, function: Node<'t>, arguments: &[Node<'t>]) {
        let given: Vec<(Option<&'t str>, Value)> = arguments.iter().map(|&argument| self.given(argument)).collect();
        let plain = |argument: Node<'t>| {
            argument.child_by_field_name("value").filter(|_| argument.kind() == "keyword_argument")
        };
        let dicts: Vec<_> =
            arguments.iter().map(|&argument| self.dict(plain(argument).unwrap_or(argument), 0)).collect();
        self.names.enter();
        self.frames.push(Vec::new());
        self.forget_parameters(function);
        let parameters = function.child_by_field_name("parameters").map(named).unwrap_or_default();
        for (index, parameter) in parameters.into_iter().enumerate() {
            let default = parameter.child_by_field_name("value");
            let inner = parameter.child_by_field_name("name").or_else(|| named(parameter).first().copied());
            let name = self.slice(inner.filter(|_| parameter.kind() != "identifier").unwrap_or(parameter));
            let place = given.iter().position(|(key, _)| *key == Some(name));
            let place = place.or_else(|| given.get(index).filter(|(key, _)| key.is_none()).map(|_| index));
            if let Some(dict) = place.and_then(|place| dicts.get(place).cloned().flatten()) {
                self.dicts.insert(name.to_owned(), dict);
            }
            let by_name = given.iter().find(|(key, _)| *key == Some(name));
            let value =
                by_name.or_else(|| given.get(index).filter(|(key, _)| key.is_none())).map(|(_, value)| value.clone());
            let value = value.or_else(|| default.map(|default| self.value(default, 0)));
            let Some(value) = value.filter(|value| value.items.iter().all(Text::known)) else { continue };
            if !parameter.kind().contains("splat") {
                self.names.set(name, value);
            }
        }
    }

    fn given(&mut self, argument: Node<'t>) -> (Option<&'t str>, Value) {
        let name = argument.child_by_field_name("name").filter(|_| argument.kind() == "keyword_argument");
        let value = name.and_then(|_| argument.child_by_field_name("value")).unwrap_or(argument);
        (name.map(|name| self.slice(name)), self.value(value, 0))
    }

    fn keyword(&self, arguments: &[Node<'t>], wanted: &str) -> Option<Node<'t>> {
        let named = |node: &&Node<'t>| node.child_by_field_name("name").is_some_and(|name| self.slice(name) == wanted);
        arguments.iter().filter(|node| node.kind() == "keyword_argument").find(named)?.child_by_field_name("value")
    }

    /// `subprocess.run(...)`: a list of words, or a text that is split.
    fn subprocess(&mut self, node: Node<'t>, arguments: &[Node<'t>]) {
        let first = arguments.first().copied().filter(|first| first.kind() != "keyword_argument");
        let Some(first) = first.or_else(|| self.keyword(arguments, "args")) else { return };
        let env = self.keyword(arguments, "env");
        let value = self.value(first, 0);
        if value.list {
            let env = self.handed(env);
            let words = value.items.iter().map(Text::word).collect();
            return self.command(words, env, span(node));
        }
        let env = self.handed(env);
        self.line(node, value.joined(span(first)), env);
    }

    fn shell(&mut self, node: Node<'t>, arguments: &[Node<'t>]) {
        if let [first, ..] = arguments {
            let text = self.value(*first, 0).joined(span(*first));
            self.line(node, text, Vec::new());
        }
    }

    /// A command line: Windows and the shell both split it.
    fn line(&mut self, node: Node<'t>, text: Text, env: Vec<Assign>) {
        if text.bytes.iter().all(|byte| byte.unknown) {
            return;
        }
        let steps = shell::read_traced(&text.bytes, span(node));
        let given = env.len();
        let outer = env.into_iter().map(Step::Assign);
        let mut steps = embedded::isolated(outer.chain(steps).collect(), self.names.certain());
        // What the dictionary says is with the commands now.
        steps.drain(..given);
        self.script.steps.extend(steps);
    }

    /// All arguments from `skip` on: the program is the first one, its name as the program sees it is left out.
    fn started(&mut self, node: Node<'t>, arguments: &[Node<'t>], skip: usize) {
        let mut items = Vec::new();
        for argument in arguments.iter().filter(|argument| argument.kind() != "keyword_argument") {
            let value = match argument.kind() {
                "list_splat" => named(*argument).first().map(|inner| self.value(*inner, 0)).unwrap_or_default(),
                _ => self.value(*argument, 0),
            };
            items.extend(value.items);
        }
        if items.len() > skip {
            items.drain(1..=skip);
        }
        let env = self.keyword(arguments, "env");
        let env = self.handed(env);
        self.command(items.iter().map(Text::word).collect(), env, span(node));
    }

    /// `os.execv(program, [name, ...])`, `os.spawnve(mode, program, [name, ...], env)`.
    fn replaced(&mut self, node: Node<'t>, arguments: &[Node<'t>], name: &str) {
        let rest = if name.starts_with("spawn") { arguments.get(1..).unwrap_or_default() } else { arguments };
        let [program, list, others @ ..] = rest else { return };
        let program = self.value(*program, 0).joined(span(*program));
        let mut items = self.value(*list, 0).items;
        if items.is_empty() {
            return;
        }
        items[0] = program;
        let env = self.handed(others.first().copied());
        self.command(items.iter().map(Text::word).collect(), env, span(node));
    }
}
