//! Compiles the rule files and the catalog into constant tables, so that the binary reads no such text when it starts.

#[allow(dead_code, missing_docs)]
#[path = "src/rules/file.rs"]
mod file;
#[path = "build/models.rs"]
mod models;
#[path = "build/nodes.rs"]
mod nodes;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use file::{FactFile, FixFile, RuleFile, ValueFile, WhenFile};

fn main() {
    println!("cargo:rerun-if-changed=rules");
    println!("cargo:rerun-if-changed=src/rules/file.rs");
    let out = PathBuf::from(std::env::var("OUT_DIR").unwrap_or_default());
    nodes::write(&out).and_then(|()| models::write(&out)).unwrap_or_else(|error| stop(&error));
    let mut paths = Vec::new();
    collect(Path::new("rules"), &mut paths);
    paths.sort();
    let mut rules: Vec<RuleFile> = paths.iter().map(|path| read(path)).collect();
    rules.sort_by(|left, right| left.code.cmp(&right.code));
    let table: String = rules.iter().map(rule).collect();
    std::fs::write(out.join("rules.rs"), format!("&[\n{table}]\n")).unwrap_or_else(|error| stop(&error.to_string()));
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
}

/// A broken rule file stops the build with the file's name, the line and what is wrong.
fn read(path: &Path) -> RuleFile {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| stop(&format!("{}: {error}", path.display())));
    let rule: RuleFile = toml::from_str(&text).unwrap_or_else(|error| stop(&format!("{}: {error}", path.display())));
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let wrong = match (&rule.check, &rule.when) {
        (Some(_), Some(_)) => Some("has both 'check' and 'when'".to_owned()),
        (None, None) => Some("has neither 'check' nor 'when'".to_owned()),
        _ if stem != format!("{}-{}", rule.code, rule.name) => Some("is not named CODE-name.toml".to_owned()),
        _ if rule.bad.is_empty() || rule.good.is_empty() => Some("needs a bad and a good example".to_owned()),
        (None, Some(when)) => subject_fault(when),
        _ => None,
    };
    match wrong {
        Some(wrong) => stop(&format!("{}: {wrong}", path.display())),
        None => rule,
    }
}

fn subject_fault(when: &WhenFile) -> Option<String> {
    let subjects = [when.flag.list(), when.env.list(), when.node.list()].iter().filter(|list| !list.is_empty()).count();
    if subjects != 1 {
        return Some("needs exactly one of flag, env, node under [when]".to_owned());
    }
    (!when.node.list().is_empty() && when.input.list().is_empty()).then(|| "names nodes but no 'input'".to_owned())
}

#[expect(clippy::print_stderr, reason = "this is how a build step fails")]
fn stop(message: &str) -> ! {
    eprintln!("error: {message}");
    std::process::exit(1)
}

fn rule(rule: &RuleFile) -> String {
    let severity = match rule.severity.as_str() {
        "error" => "Error",
        "warning" => "Warning",
        "info" => "Info",
        other => stop(&format!("{}: '{other}' is not a severity", rule.code)),
    };
    let (how, example) = (how(rule), |list: &[toml::Table]| texts(&list.iter().map(example).collect::<Vec<_>>()));
    format!(
        "Rule {{ code: {:?}, name: {:?}, severity: Severity::{severity}, default: {:?}, title: {:?}, since: {:?}, why: {:?}, \
         exceptions: {:?}, evidence: {}, message: {:?}, help: {:?}, how: {how}, remedies: &[{}], bad: {}, good: {} }},\n",
        rule.code,
        rule.name,
        !rule.off_by_default,
        rule.title,
        rule.since,
        rule.why.trim(),
        rule.exceptions.trim(),
        texts(&rule.evidence),
        rule.message.trim(),
        rule.help.trim(),
        rule.fix.iter().map(|fix| remedy(&rule.code, fix)).collect::<Vec<_>>().join(", "),
        example(&rule.bad),
        example(&rule.good),
    )
}

/// A verb is written in kebab case: `remove-flag` is `Verb::RemoveFlag`; a name that is none does not compile.
fn remedy(code: &str, fix: &FixFile) -> String {
    let grade = match fix.grade.as_str() {
        "safe" => "Safe",
        "unsafe" => "Unsafe",
        "display" => "Display",
        other => stop(&format!("{code}: '{other}' is not a grade: write safe, unsafe or display")),
    };
    if fix.verb.is_some() != fix.name.is_empty() {
        stop(&format!("{code}: a fix has either a verb or the name under which the check offers it"));
    }
    let verb = fix.verb.as_ref().map_or("None".to_owned(), |verb| format!("Some(Verb::{})", camel(verb)));
    format!(
        "Remedy {{ name: {:?}, verb: {verb}, text: {:?}, grade: Grade::{grade}, title: {:?} }}",
        fix.name, fix.text, fix.title
    )
}

fn camel(kebab: &str) -> String {
    let capital =
        |word: &str| word.chars().take(1).map(|first| first.to_ascii_uppercase()).chain(word.chars().skip(1)).collect();
    kebab.split('-').map(capital).collect::<Vec<String>>().concat()
}

/// An example as it stands in the rule file: tests and the rule's page read it again.
fn example(table: &toml::Table) -> String {
    toml::to_string(table).unwrap_or_else(|error| stop(&error.to_string()))
}

fn how(rule: &RuleFile) -> String {
    match (&rule.check, &rule.when) {
        (Some(check), _) => format!("How::Check({check:?})"),
        (None, Some(when)) => format!("How::When(&{})", condition(when)),
        (None, None) => stop(&format!("{} has neither 'check' nor 'when'", rule.code)),
    }
}

fn condition(when: &WhenFile) -> String {
    let (kind, names) = if !when.flag.list().is_empty() {
        ("Flag", when.flag.list())
    } else if !when.env.list().is_empty() {
        ("Env", when.env.list())
    } else {
        ("Node", when.node.list())
    };
    let mut out = format!("When {{ subject: Subject::{kind}({}), ", texts(&names));
    let _ = write!(out, "inputs: {}, ", texts(&when.input.list()));
    let _ = write!(out, "value: {}, ", when.value.as_ref().map_or("None".to_owned(), value));
    let _ = write!(out, "blank_end: {}, ", when.name.as_ref().is_some_and(|name| name.blank_end));
    let model = when.model.as_ref();
    let _ = write!(out, "channels: {:?}, ", model.and_then(|model| model.channels));
    let _ = write!(out, "quantised: {:?}, ", model.and_then(|model| model.quantised));
    let _ = write!(out, "comfyui: {:?}, torch: {:?}, ", when.comfyui, when.torch);
    let os = when.os.as_deref().map(os).unwrap_or_else(|| "None".to_owned());
    let _ = write!(out, "nvidia: {}, os: {os}, ", when.gpu.as_deref() == Some("nvidia"));
    let _ = write!(out, "with: {}, without: {} }}", facts(&when.with), facts(&when.without));
    out
}

fn os(name: &str) -> String {
    match name {
        "linux" => "Some(Os::Linux)".to_owned(),
        "windows" => "Some(Os::Windows)".to_owned(),
        other => stop(&format!("'{other}' is no system: write linux or windows")),
    }
}

fn value(value: &ValueFile) -> String {
    if let Some(bare) = value.bare {
        return format!("Some(ValueTest::Bare({bare}))");
    }
    if let Some(text) = &value.equals {
        return format!("Some(ValueTest::OneOf({}))", texts(std::slice::from_ref(text)));
    }
    if !value.one_of.is_empty() {
        return format!("Some(ValueTest::OneOf({}))", texts(&value.one_of));
    }
    if !value.not_one_of.is_empty() {
        return format!("Some(ValueTest::NotOneOf({}))", texts(&value.not_one_of));
    }
    if let Some(step) = value.step {
        return format!("Some(ValueTest::OffStep {{ step: {step}, from: {} }})", value.from.unwrap_or_default());
    }
    match &value.at_least_input {
        Some(other) => format!("Some(ValueTest::AtLeastInput({other:?}))"),
        None => format!("Some(ValueTest::Truthy({}))", value.truthy.unwrap_or(true)),
    }
}

fn facts(list: &[FactFile]) -> String {
    let one = |fact: &FactFile| {
        let (kind, name) = match (&fact.flag, &fact.env, &fact.node) {
            (Some(name), None, None) => ("Flag", name),
            (None, Some(name), None) => ("Env", name),
            (None, None, Some(name)) => ("Node", name),
            _ => stop("a fact under 'with' or 'without' names exactly one of flag, env, node"),
        };
        format!("Other {{ kind: OtherKind::{kind}, name: {name:?}, value: {:?} }}", fact.value)
    };
    format!("&[{}]", list.iter().map(one).collect::<Vec<_>>().join(", "))
}

fn texts(list: &[String]) -> String {
    format!("&[{}]", list.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(", "))
}
