//! Which type each matrix of a GGUF file has: the rules for diffusion models that ComfyUI-GGUF adds to llama.cpp's quantiser
//! (`tools/lcpp.patch`, img_tensor_get_type; those for Wan are the same from the first files of Wan 2.1 on).

/// The types of a quantisation, by the names of ggml.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Recipe {
    /// Its name at the end of a file's, in small letters with `_`.
    pub name: &'static str,
    /// The type of most matrices.
    pub most: &'static str,
    /// That of the values in attention.
    pub values: &'static str,
    /// That of the first so many of them.
    pub first: (usize, &'static str),
    /// That of the second matrix of a feed-forward layer.
    pub down: &'static str,
}

const fn recipe(
    name: &'static str,
    most: &'static str,
    values: &'static str,
    first: (usize, &'static str),
    down: &'static str,
) -> Recipe {
    Recipe { name, most, values, first, down }
}

/// The same type everywhere.
const fn even(name: &'static str, kind: &'static str) -> Recipe {
    recipe(name, kind, kind, (0, kind), kind)
}

const RECIPES: [Recipe; 14] = [
    recipe("q2_k", "Q2_K", "Q3_K", (0, "Q3_K"), "Q2_K"),
    even("q3_k_s", "Q3_K"),
    recipe("q3_k_m", "Q3_K", "Q4_K", (2, "Q5_K"), "Q4_K"),
    recipe("q3_k_l", "Q3_K", "Q5_K", (0, "Q5_K"), "Q5_K"),
    recipe("q4_0", "Q4_0", "Q4_0", (0, "Q4_0"), "Q4_1"),
    even("q4_1", "Q4_1"),
    recipe("q4_k_s", "Q4_K", "Q4_K", (4, "Q5_K"), "Q5_K"),
    recipe("q4_k_m", "Q4_K", "Q6_K", (0, "Q6_K"), "Q6_K"),
    recipe("q5_0", "Q5_0", "Q5_0", (0, "Q5_0"), "Q5_1"),
    even("q5_1", "Q5_1"),
    even("q5_k_s", "Q5_K"),
    recipe("q5_k_m", "Q5_K", "Q6_K", (0, "Q6_K"), "Q6_K"),
    even("q6_k", "Q6_K"),
    even("q8_0", "Q8_0"),
];

/// The recipe of a name.
pub fn of(name: &str) -> Option<&'static Recipe> {
    static TABLE: &[Recipe] = &RECIPES;
    TABLE.iter().find(|recipe| recipe.name == name)
}

/// Parts of names that the quantiser leaves alone in Wan models.
const KEPT: [&str; 7] =
    ["modulation.", "patch_embedding.", "text_embedding.", "time_projection.", "time_embedding.", "img_emb.", "head."];

/// The matrix of a Wan model with this name is quantised.
pub fn quantises(name: &str) -> bool {
    name.ends_with("weight") && !KEPT.iter().any(|part| name.contains(part))
}

impl Recipe {
    /// The type of a quantised matrix; `values` counts those of attention.
    pub fn kind(&self, name: &str, values: &mut usize) -> &'static str {
        if name.contains(".v.weight") {
            *values += 1;
            return if *values <= self.first.0 { self.first.1 } else { self.values };
        }
        if name.contains(".ffn.2.weight") { self.down } else { self.most }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::architectures;
    use crate::read::weights::Dtype;

    /// Bytes of a Wan file in billions: matrices by the recipe, the rest in so many bytes, patch embeddings in fp32.
    fn gigabytes(architecture: &str, quantisation: &str, rest: u64) -> f64 {
        let recipe = of(quantisation).unwrap();
        let mut values = 0;
        let bytes = |(name, weight): (&String, &architectures::Weight)| match weight.sides.len() {
            5 => weight.elements() * 4,
            2 if quantises(name) => {
                Dtype::block(recipe.kind(name, &mut values)).unwrap().bytes(weight.elements()).unwrap()
            }
            _ => weight.elements() * rest,
        };
        architectures::weights(architecture).unwrap().iter().map(bytes).sum::<u64>() as f64 / 1e9
    }

    #[test]
    fn files_have_the_sizes_that_their_pages_show() {
        for (architecture, quantisation, rest, published) in [
            ("wan-i2v2.2-14B", "q2_k", 2, 5.3),
            ("wan-i2v2.2-14B", "q4_k_s", 2, 8.75),
            ("wan-i2v2.2-14B", "q4_k_m", 2, 9.65),
            ("wan-i2v2.2-14B", "q5_k_m", 2, 10.8),
            ("wan-i2v2.2-14B", "q8_0", 2, 15.4),
            ("wan-t2v-14B", "q3_k_s", 4, 6.99),
            ("wan-t2v-14B", "q4_k_m", 4, 10.1),
            ("wan-t2v-14B", "q8_0", 4, 15.9),
            ("wan-i2v-14B", "q4_k_m", 4, 11.3),
        ] {
            let found = gigabytes(architecture, quantisation, rest);
            assert!((found / published - 1.0).abs() < 0.005, "{architecture} {quantisation}: {found}, not {published}");
        }
    }
}
