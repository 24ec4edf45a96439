//! Which input a bypassed node hands through: the rule of ComfyUI_frontend's `ExecutableNodeDTO`.

/// Index of the input that stands in for output `slot`, given the types of the inputs, of the output and of the consumer.
pub(crate) fn input_for(slot: usize, inputs: &[&str], output: &str, wanted: &str) -> Option<usize> {
    if wanted.is_empty() || wanted == "*" {
        return if slot < inputs.len() { Some(slot) } else { (!inputs.is_empty()).then_some(0) };
    }
    let fits = |kind: &str| compatible(kind, output) && compatible(kind, wanted);
    if inputs.get(slot).is_some_and(|kind| fits(kind)) {
        return Some(slot);
    }
    let same = inputs.iter().position(|kind| kind.eq_ignore_ascii_case(wanted));
    same.or_else(|| inputs.iter().position(|kind| fits(kind)))
}

/// Types match without regard to case; a comma separates alternatives; `*` and nothing match all.
pub(crate) fn compatible(a: &str, b: &str) -> bool {
    let any = |kind: &str| kind.is_empty() || kind == "*";
    any(a) || any(b) || a.split(',').any(|one| b.split(',').any(|two| one.trim().eq_ignore_ascii_case(two.trim())))
}

#[cfg(test)]
mod tests {
    use super::input_for;

    #[test]
    fn prefers_the_same_slot_then_the_same_type() {
        let control = ["CONDITIONING", "CONDITIONING", "CONTROL_NET", "IMAGE"];
        assert_eq!(input_for(1, &control, "CONDITIONING", "CONDITIONING"), Some(1));
        assert_eq!(input_for(0, &["CLIP", "MODEL"], "MODEL", "MODEL"), Some(1));
        assert_eq!(input_for(0, &["IMAGE", "VAE"], "LATENT", "LATENT"), None);
        assert_eq!(input_for(0, &["FLOAT,INT"], "INT", "int"), Some(0));
        assert_eq!(input_for(5, &["A", "B"], "C", "*"), Some(0));
        assert_eq!(input_for(0, &[], "C", "*"), None);
    }
}
