//! Names and shapes of all weights of models that are known by name: `catalog/architectures.txt`, made from ComfyUI's own classes.

use std::collections::BTreeMap;

const TABLE: &str = include_str!("../../catalog/architectures.txt");

/// A weight: its sides, outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Sizes of its dimensions.
    pub sides: Box<[u64]>,
    /// A matrix that is no Linear: an embedding, or a parameter of a class of its own.
    pub table: bool,
}

impl Weight {
    /// Number of elements.
    pub fn elements(&self) -> u64 {
        self.sides.iter().product()
    }

    /// The weight of a Linear.
    pub fn is_matrix(&self) -> bool {
        self.sides.len() == 2 && !self.table
    }
}

/// All weights of an architecture by name; `None` where the table does not have it.
pub fn weights(name: &str) -> Option<BTreeMap<String, Weight>> {
    let (parent, lines) = section(name)?;
    let mut all = match parent {
        Some(parent) => weights(parent)?,
        None => BTreeMap::new(),
    };
    for line in lines.filter(|line| !line.starts_with('#')) {
        let (template, weight) = read(line)?;
        all.extend(names(template).into_iter().map(|name| (name, weight.clone())));
    }
    Some(all)
}

/// The names of all architectures.
pub fn all() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter_map(|line| line.strip_prefix("@ ")).map(|head| split(head).0)
}

fn split(head: &'static str) -> (&'static str, Option<&'static str>) {
    head.split_once(" < ").map_or((head, None), |(name, parent)| (name, Some(parent)))
}

/// The lines of an architecture and the one that it builds on.
fn section(name: &str) -> Option<(Option<&'static str>, impl Iterator<Item = &'static str> + use<>)> {
    let mut lines = TABLE.lines();
    let head = lines.by_ref().filter_map(|line| line.strip_prefix("@ ")).find(|head| split(head).0 == name)?;
    Some((split(head).1, lines.take_while(|line| !line.starts_with('@'))))
}

fn read(line: &'static str) -> Option<(&'static str, Weight)> {
    let mut fields = line.split('|');
    let (template, sides, note) = (fields.next()?, fields.next()?, fields.next());
    let sides: Option<Box<[u64]>> = match sides {
        "-" => Some(Box::default()),
        sides => sides.split('.').map(|side| side.parse().ok()).collect(),
    };
    Some((template, Weight { sides: sides?, table: note == Some("table") }))
}

/// Every name of a template: `a.{0-1}.{q,k}` is four.
fn names(template: &str) -> Vec<String> {
    let Some((before, rest)) = template.split_once('{') else { return vec![template.to_owned()] };
    let Some((choices, after)) = rest.split_once('}') else { return Vec::new() };
    let ends = names(after);
    let with = |choice: String| ends.iter().map(move |end| format!("{before}{choice}{end}")).collect::<Vec<_>>();
    self::choices(choices).into_iter().flat_map(with).collect()
}

fn choices(text: &str) -> Vec<String> {
    let range =
        text.split_once('-').and_then(|(low, high)| Some((low.parse::<u32>().ok()?, high.parse::<u32>().ok()?)));
    match range {
        Some((low, high)) => (low..=high).map(|number| number.to_string()).collect(),
        None => text.split(',').map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::models::identify;
    use crate::forecast::Tree;

    #[test]
    fn every_architecture_has_as_many_elements_as_its_class() {
        for name in all() {
            let (_, mut lines) = section(name).unwrap();
            let counted = lines.find_map(|line| line.strip_prefix("# ")).unwrap().rsplit(": ").next().unwrap();
            let sum: u64 = weights(name).unwrap().values().map(Weight::elements).sum();
            assert_eq!(format!("{sum} elements"), counted, "{name}");
        }
        assert!(all().count() > 10 && weights("nothing").is_none());
    }

    #[test]
    fn those_of_wan_agree_with_the_constants() {
        for (name, file) in [
            ("wan-t2v-14B", "wan2.1_t2v_14B_fp16"),
            ("wan-i2v2.2-14B", "wan2.2_i2v_high_noise_14B_fp16"),
            ("wan-i2v-14B", "wan2.1_i2v_480p_14B_fp16"),
            ("wan-flf2v-14B", "wan2.1_flf2v_720p_14B_fp16"),
            ("wan-control2.2-14B", "wan2.2_fun_control_high_noise_14B_bf16"),
            ("wan-vace-14B", "wan2.1_vace_14B_fp16"),
            ("wan-vace-1.3B", "wan2.1_vace_1.3B_fp16"),
            ("wan-t2v-1.3B", "wan2.1_t2v_1.3B_fp16"),
            ("wan-ti2v-5B", "wan2.2_ti2v_5B_fp16"),
        ] {
            let tree = Tree::of(&identify(&format!("{file}.safetensors")).unwrap().kind);
            let weights = weights(name).unwrap();
            assert_eq!(weights.values().map(Weight::elements).sum::<u64>(), tree.elements(), "{name}");
            for module in &tree.modules {
                let weight = &weights[&format!("{}.weight", module.name.text())];
                assert_eq!(weight.elements(), module.weight, "{name} {}", module.name.text());
            }
        }
    }

    #[test]
    fn templates_stand_for_all_their_names() {
        assert_eq!(names("a.{0-1}.{q,k}.b"), ["a.0.q.b", "a.0.k.b", "a.1.q.b", "a.1.k.b"]);
        assert_eq!(names("{0,4,11}"), ["0", "4", "11"]);
        assert_eq!(names("plain"), ["plain"]);
        assert!(names("a.{0-1").is_empty());
    }
}
