//! The embedded facts about node classes as one text, and the table that finds a class in it: to split and sort a thousand lines
//! would take longer than to check a workflow.

use std::path::Path;

#[path = "../src/catalog/nodes/hash.rs"]
mod hash;

const FILES: [&str; 2] = ["catalog/nodes.txt", "catalog/custom_nodes.txt"];

/// Writes the text `nodes.txt` and the table `nodes.rs`.
pub fn write(out: &Path) -> Result<(), String> {
    let texts = FILES.map(|file| {
        println!("cargo:rerun-if-changed={file}");
        std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))
    });
    let [core, custom] = texts;
    let (core, custom) = (core?, custom?);
    let lines = lines(&core, &custom);
    let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    let write = |name: &str, text: &str| std::fs::write(out.join(name), text).map_err(|error| error.to_string());
    write("nodes.txt", &text)?;
    write("nodes.rs", &table(&lines)?)
}

/// All lines by name; of a class that both files have, those of ComfyUI itself. Lines of one name keep their order: the newest
/// form comes first.
fn lines<'a>(core: &'a str, custom: &'a str) -> Vec<&'a str> {
    let own = |text: &'a str| text.lines().filter(|line| !line.is_empty() && !line.starts_with("//"));
    let known = |line: &&str| own(core).all(|other| name(other) != name(line));
    let mut lines: Vec<&str> = own(core).chain(own(custom).filter(known)).collect();
    lines.sort_by_key(|line| name(line));
    lines
}

fn name(line: &str) -> &str {
    line.split('\t').next().unwrap_or_default()
}

/// `LINES`: where each line begins, and the length of its name. `TABLE`: the first line of a name, counted from 1, at its place or
/// at the next that is free.
fn table(lines: &[&str]) -> Result<String, String> {
    let (mut table, mut starts, mut at) = (vec![0; hash::PLACES], Vec::new(), 0);
    for (index, line) in lines.iter().enumerate() {
        starts.push(format!("({at}, {})", name(line).len()));
        at += line.len() + 1;
        if index == 0 || name(lines[index - 1]) != name(line) {
            let mut places = (0..hash::PLACES).map(|step| (hash::place(name(line)) + step) % hash::PLACES);
            let free = places.find(|&place| table[place] == 0).ok_or("the table of node classes is full")?;
            table[free] = index + 1;
        }
    }
    let (count, places) = (lines.len(), hash::PLACES);
    Ok(format!(
        "static LINES: [(u32, u16); {count}] = [{}];\nstatic TABLE: [u16; {places}] = {table:?};\n",
        starts.join(", ")
    ))
}
