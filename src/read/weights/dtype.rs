//! Types of elements: those of safetensors, and the blocks of GGUF.

/// Type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dtype {
    /// 64-bit float.
    F64,
    /// 32-bit float.
    F32,
    /// 16-bit float.
    F16,
    /// 16-bit float with the range of 32 bits.
    Bf16,
    /// 8-bit float, 4 bits of exponent.
    F8E4m3,
    /// 8-bit float, 5 bits of exponent.
    F8E5m2,
    /// 8-bit scale, exponent only.
    F8E8m0,
    /// Signed and unsigned whole numbers and truth values, by bytes.
    Int(u8),
    /// Signed 8-bit whole number.
    I8,
    /// Unsigned 8-bit whole number: also packed 4-bit values and configurations.
    U8,
    /// A type with fewer than 8 bits an element, or complex numbers: bits of one element.
    Bits(u16),
    /// A block type of GGUF.
    Ggml(Ggml),
}

/// A block type of ggml: its number, name, elements and bytes of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ggml {
    /// The name, as in file names: `Q4_K`.
    pub name: &'static str,
    /// Elements of one block.
    pub elements: u32,
    /// Bytes of one block.
    pub bytes: u32,
}

impl Dtype {
    /// The type of a name in a safetensors header (safetensors 0.6).
    pub(super) fn of_safetensors(name: &str) -> Option<Self> {
        Some(match name {
            "F64" => Self::F64,
            "F32" => Self::F32,
            "F16" => Self::F16,
            "BF16" => Self::Bf16,
            "F8_E4M3" => Self::F8E4m3,
            "F8_E5M2" => Self::F8E5m2,
            "F8_E8M0" => Self::F8E8m0,
            "I64" | "U64" => Self::Int(8),
            "I32" | "U32" => Self::Int(4),
            "I16" | "U16" => Self::Int(2),
            "BOOL" => Self::Int(1),
            "I8" => Self::I8,
            "U8" => Self::U8,
            "F4" => Self::Bits(4),
            "F6_E2M3" | "F6_E3M2" => Self::Bits(6),
            "C64" => Self::Bits(64),
            _ => return None,
        })
    }

    /// The type of a number in a GGUF header; `None` for types that are not known here.
    pub(super) fn of_ggml(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::F32,
            1 => Self::F16,
            24 => Self::I8,
            25 => Self::Int(2),
            26 => Self::Int(4),
            27 => Self::Int(8),
            28 => Self::F64,
            30 => Self::Bf16,
            _ => {
                let at = BLOCKS.binary_search_by_key(&number, |(known, _)| *known).ok()?;
                Self::Ggml(BLOCKS.get(at)?.1)
            }
        })
    }

    /// A block type of GGUF by its name, as file names have it.
    pub fn block(name: &str) -> Option<Self> {
        BLOCKS.iter().find(|(_, block)| block.name == name).map(|(_, block)| Self::Ggml(*block))
    }

    /// Bytes of so many elements; `None` when they do not fill whole bytes or blocks, or are too many to count.
    pub fn bytes(self, elements: u64) -> Option<u64> {
        let bits = |bits: u64| elements.checked_mul(bits).filter(|all| all % 8 == 0).map(|all| all / 8);
        match self {
            Self::F64 => bits(64),
            Self::F32 => bits(32),
            Self::F16 | Self::Bf16 => bits(16),
            Self::F8E4m3 | Self::F8E5m2 | Self::F8E8m0 | Self::I8 | Self::U8 => bits(8),
            Self::Int(bytes) => bits(u64::from(bytes) * 8),
            Self::Bits(width) => bits(u64::from(width)),
            Self::Ggml(block) => {
                let whole = elements.is_multiple_of(u64::from(block.elements));
                whole.then_some(elements / u64::from(block.elements))?.checked_mul(u64::from(block.bytes))
            }
        }
    }

    /// The word for reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "fp64",
            Self::F32 => "fp32",
            Self::F16 => "fp16",
            Self::Bf16 => "bf16",
            Self::F8E4m3 => "fp8_e4m3fn",
            Self::F8E5m2 => "fp8_e5m2",
            Self::F8E8m0 => "fp8_e8m0",
            Self::Int(_) => "integer",
            Self::I8 => "int8",
            Self::U8 => "uint8",
            Self::Bits(_) => "packed",
            Self::Ggml(block) => block.name,
        }
    }

    /// An 8-bit float that holds weights.
    pub fn is_fp8(self) -> bool {
        matches!(self, Self::F8E4m3 | Self::F8E5m2)
    }

    /// A 16-bit float.
    pub fn is_16_bit(self) -> bool {
        matches!(self, Self::F16 | Self::Bf16)
    }
}

const fn block(name: &'static str, elements: u32, bytes: u32) -> Ggml {
    Ggml { name, elements, bytes }
}

/// ggml's block types by number (gguf-py `constants.py`, GGML_QUANT_SIZES).
const BLOCKS: [(u32, Ggml); 24] = [
    (2, block("Q4_0", 32, 18)),
    (3, block("Q4_1", 32, 20)),
    (6, block("Q5_0", 32, 22)),
    (7, block("Q5_1", 32, 24)),
    (8, block("Q8_0", 32, 34)),
    (9, block("Q8_1", 32, 40)),
    (10, block("Q2_K", 256, 84)),
    (11, block("Q3_K", 256, 110)),
    (12, block("Q4_K", 256, 144)),
    (13, block("Q5_K", 256, 176)),
    (14, block("Q6_K", 256, 210)),
    (15, block("Q8_K", 256, 292)),
    (16, block("IQ2_XXS", 256, 66)),
    (17, block("IQ2_XS", 256, 74)),
    (18, block("IQ3_XXS", 256, 98)),
    (19, block("IQ1_S", 256, 50)),
    (20, block("IQ4_NL", 32, 18)),
    (21, block("IQ3_S", 256, 110)),
    (22, block("IQ2_S", 256, 82)),
    (23, block("IQ4_XS", 256, 136)),
    (29, block("IQ1_M", 256, 56)),
    (34, block("TQ1_0", 256, 54)),
    (35, block("TQ2_0", 256, 66)),
    (39, block("MXFP4", 32, 17)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_sorted_and_count_whole_blocks() {
        assert!(BLOCKS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let quarter = Dtype::of_ggml(12).unwrap();
        assert_eq!((quarter.name(), quarter.bytes(512), quarter.bytes(100)), ("Q4_K", Some(288), None));
        assert_eq!(Dtype::of_ggml(u32::MAX), None);
        assert_eq!(Dtype::F64.bytes(u64::MAX), None);
        assert_eq!(Dtype::Bits(4).bytes(3), None);
    }
}
