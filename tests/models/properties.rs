//! Whatever the bytes are, an answer comes back; whatever was written, it is read again.

use proptest::prelude::*;
use wanlint::read::weights::{Fault, Format, read_bytes};

use super::files::{Model, gguf};

/// Names as files have them, and such as they should not have.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "(blocks|encoder\\.block)\\.[0-9]{1,2}\\.[a-z_]{1,8}\\.(weight|bias|scale_weight|lora_A\\.weight)",
        "\\PC{0,12}",
    ]
}

fn model() -> impl Strategy<Value = Model> {
    let dtype = prop::sample::select(vec!["F16", "BF16", "F32", "F8_E4M3", "U8", "I8"]);
    let tensor = (dtype, prop::collection::vec(0_u64..5, 0..4));
    let tensors = prop::collection::btree_map(name(), tensor, 0..12);
    let notes = prop::collection::btree_map("[a-z_.]{1,9}", "\\PC{0,20}", 0..3);
    (tensors, notes).prop_map(|(tensors, notes)| {
        let start = Model { notes: notes.into_iter().collect(), ..Model::default() };
        let tensors = tensors.into_iter().filter(|(name, _)| name != "__metadata__");
        tensors.fold(start, |model, (name, (dtype, shape))| model.with(&name, dtype, &shape))
    })
}

proptest! {
    #[test]
    fn what_was_written_is_read(model in model()) {
        let (header, whole) = model.header();
        let file = read_bytes(&header, whole, Format::Safetensors);
        prop_assert_eq!(&file.fault, &None);
        let weights = file.weights.unwrap();
        prop_assert_eq!(weights.tensors.len(), model.tensors.len());
        for (name, _, shape) in &model.tensors {
            prop_assert_eq!(&*weights.get(name).unwrap().shape, shape.as_slice());
        }
        prop_assert_eq!(weights.bytes() + header.len() as u64, whole);
    }

    #[test]
    fn any_bytes_have_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..300), extra in 0_u64..1 << 40) {
        for format in [Format::Safetensors, Format::Gguf, Format::Pickle] {
            let whole = bytes.len() as u64 + extra;
            prop_assert_eq!(read_bytes(&bytes, whole, format), read_bytes(&bytes, whole, format));
        }
    }

    #[test]
    fn a_changed_byte_never_gives_more_than_the_file_holds(
        model in model(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let (mut header, whole) = model.header();
        let at = at.index(header.len());
        header[at] = byte;
        let file = read_bytes(&header, whole, Format::Safetensors);
        if let (Some(weights), None) = (&file.weights, &file.fault) {
            prop_assert!(weights.bytes() <= whole);
        }
    }

    #[test]
    fn a_cut_file_is_never_whole(model in model(), at in any::<prop::sample::Index>()) {
        let (header, whole) = model.header();
        let cut = at.index(whole as usize) as u64;
        let kept = &header[..header.len().min(cut as usize)];
        prop_assert!(read_bytes(kept, cut, Format::Safetensors).fault.is_some());
    }

    #[test]
    fn gguf_of_any_shape(sides in prop::collection::vec(any::<u64>(), 0..5), cut in 0_usize..120) {
        let mut header = gguf(&[("general.architecture", "wan")], &[("a", 1, &[1; 4][..sides.len()])]);
        let from = header.len() - 12 - 8 * sides.len();
        for (index, side) in sides.iter().enumerate() {
            header[from + 8 * index..from + 8 * index + 8].copy_from_slice(&side.to_le_bytes());
        }
        let file = read_bytes(&header, u64::MAX, Format::Gguf);
        prop_assert!(matches!(file.fault, None | Some(Fault::Broken(_))));
        header.truncate(cut);
        read_bytes(&header, 1 << 30, Format::Gguf);
    }
}
