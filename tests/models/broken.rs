//! Files that are no weights, or not all of them.

use wanlint::read::weights::{Dtype, Fault, Format, ModelFile, read, read_bytes};

use super::files::{Model, Wan, gguf, sparse};

fn safetensors(content: &[u8], bytes: u64) -> ModelFile {
    read_bytes(content, bytes, Format::Safetensors)
}

fn headed(json: &str, behind: u64) -> ModelFile {
    let mut content = (json.len() as u64).to_le_bytes().to_vec();
    content.extend(json.as_bytes());
    safetensors(&content, content.len() as u64 + behind)
}

fn broken(file: ModelFile) -> String {
    match file.fault {
        Some(Fault::Broken(words)) => words,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_real_header_is_read_and_its_hole_never_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wan2.2_i2v_high_noise_14B_fp16.safetensors");
    Wan::I2V_14B.plain("F16").note("format", "pt").write(&path);
    let file = read(&path).unwrap();
    assert_eq!(file.fault, None);
    assert!(file.bytes > 26 << 30, "{}", file.bytes);
    let weights = file.weights.unwrap();
    let patch = weights.get("patch_embedding.weight").unwrap();
    assert_eq!((patch.dtype, &*patch.shape, patch.bytes), (Dtype::F16, &[5120, 36, 1, 2, 2][..], 5120 * 36 * 4 * 2));
    assert_eq!(weights.note("format"), Some("pt"));
    assert_eq!(weights.get("patch_embedding"), None);
}

#[test]
fn a_download_that_broke_off_keeps_its_tensors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.safetensors");
    let (header, whole) = Wan::T2V_1_3B.plain("BF16").header();
    sparse(&path, &header, whole - 1);
    let file = read(&path).unwrap();
    assert_eq!(file.fault, Some(Fault::Truncated { expected: whole }));
    assert!(file.weights.unwrap().get("head.modulation").is_some());
    sparse(&path, &header[..1000], 1000);
    let file = read(&path).unwrap();
    assert_eq!((file.fault, file.weights), (Some(Fault::Truncated { expected: header.len() as u64 }), None));
    sparse(&path, &header, whole + 7);
    assert_eq!(read(&path).unwrap().fault, Some(Fault::TooLong { expected: whole }));
}

#[test]
fn what_stands_in_for_weights_is_named() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 14294706012\n";
    let fault = |content: &str| safetensors(content.as_bytes(), content.len() as u64).fault;
    assert_eq!(fault(pointer), Some(Fault::LfsPointer { size: Some(14_294_706_012) }));
    assert_eq!(fault("version https://git-lfs.github.com/spec/v1\nsize x"), Some(Fault::LfsPointer { size: None }));
    assert_eq!(fault(""), Some(Fault::Empty));
    for page in ["<!DOCTYPE html><html>", "\u{feff}\n <HTML>", "{\"error\":\"Repository not found\"}", "<?xml version"]
    {
        assert_eq!(fault(page), Some(Fault::WebPage), "{page}");
    }
    assert!(broken(safetensors(b"PK\x03\x04 archive/data.pkl", 1 << 30)).contains("pickle"));
    let pickle = read_bytes(b"PK\x03\x04", 4, Format::Pickle);
    assert_eq!((pickle.format, pickle.fault, pickle.weights), (Format::Pickle, None, None));
    assert!(broken(read_bytes(b"GGML....", 8, Format::Gguf)).contains("GGUF"));
}

#[test]
fn headers_that_claim_the_impossible() {
    for (length, words) in
        [(u64::MAX, "no header length"), (1 << 63, "no header length"), (200_000_000, "no header length")]
    {
        let mut content = length.to_le_bytes().to_vec();
        content.extend(b"{}");
        assert!(broken(safetensors(&content, 10)).contains(words), "{length}");
    }
    assert!(matches!(
        safetensors(&(50_u64 << 20).to_le_bytes(), 60 << 20).fault,
        Some(Fault::Limit(words)) if words.contains("50 MiB")
    ));
    assert!(broken(safetensors(&[1, 0, 0], 3)).contains("shorter"));
    assert!(broken(headed("[]", 0)).contains("brace"));
    assert!(broken(headed("{\"a\"", 0)).contains("cannot be read"));
    let deep = format!("{{\"a\":{}", "[".repeat(100_000));
    assert!(broken(headed(&deep, 0)).contains("cannot be read"));
    let sides = format!("{{\"a\":{{\"dtype\":\"F16\",\"shape\":[{}1],\"data_offsets\":[0,2]}}}}", "1,".repeat(64));
    assert!(broken(headed(&sides, 2)).contains("64 dimensions"));
    assert_eq!(headed("{}", 0).fault, None, "a file without tensors is one");
}

#[test]
fn tensors_that_contradict_themselves() {
    let one = |name: &str, dtype: &str, shape: &str, from: u64, to: u64| {
        format!("\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[{from},{to}]}}")
    };
    let file = |entries: &[String]| headed(&format!("{{{}}}", entries.join(",")), 8);
    let good = || one("a", "F16", "[2,2]", 0, 8);
    assert_eq!(file(&[good()]).fault, None);
    assert!(broken(file(&[good(), one("b", "F16", "[]", 9, 11)])).contains("'b' leaves a gap"));
    assert!(broken(file(&[good(), one("b", "F16", "[]", 7, 9)])).contains("'b' overlaps"));
    assert!(broken(file(&[one("a", "F16", "[2]", 8, 0)])).contains("before it begins"));
    assert!(broken(file(&[one("a", "F16", "[3]", 0, 8)])).contains("its shape does not give"));
    assert!(broken(file(&[one("a", "F17", "[4]", 0, 8)])).contains("unknown type 'F17'"));
    let twice = one("a", "F16", "[0]", 8, 8);
    assert!(broken(file(&[good(), twice])).contains("listed twice"));
    let huge = one("a", "F16", "[9223372036854775808,4]", 0, 8);
    assert!(broken(file(&[huge])).contains("its shape does not give"));
}

#[test]
fn gguf_headers() {
    let header = gguf(
        &[("general.architecture", "wan"), ("comfy.note", "x")],
        &[("blocks.0.ffn.0.weight", 12, &[5120, 13824]), ("head.modulation", 0, &[5120, 2, 1])],
    );
    let data = (header.len() as u64).next_multiple_of(32);
    let whole = data + 5120 * 13824 / 256 * 144 + 5120 * 2 * 4;
    let file = read_bytes(&header, whole, Format::Safetensors);
    assert_eq!((file.format, &file.fault), (Format::Gguf, &None), "the content decides");
    let weights = file.weights.unwrap();
    assert_eq!(weights.note("general.architecture"), Some("wan"));
    let ffn = weights.get("blocks.0.ffn.0.weight").unwrap();
    assert_eq!((ffn.dtype.name(), &*ffn.shape), ("Q4_K", &[13824, 5120][..]));
    assert_eq!(read_bytes(&header, whole - 1, Format::Gguf).fault, Some(Fault::Truncated { expected: whole }));
}

#[test]
fn gguf_headers_that_claim_the_impossible() {
    let begin = |tensors: u64, pairs: u64| {
        let mut out = b"GGUF\x03\0\0\0".to_vec();
        out.extend(tensors.to_le_bytes());
        out.extend(pairs.to_le_bytes());
        out
    };
    let fault = |content: &[u8]| read_bytes(content, 1 << 40, Format::Gguf).fault;
    assert!(matches!(fault(&begin(1 << 60, 0)), Some(Fault::Broken(words)) if words.contains("claims")));
    assert!(matches!(fault(b"GGUF\x01\0\0\0"), Some(Fault::Broken(words)) if words.contains("version 1")));
    // A text of 2^63 bytes, an array of 2^60 numbers, arrays in arrays, a tensor of 2^64 elements.
    let mut text = begin(0, 1);
    text.extend((1_u64 << 63).to_le_bytes());
    assert!(matches!(fault(&text), Some(Fault::Limit(_))));
    let mut list = begin(0, 1);
    list.extend(1_u64.to_le_bytes());
    list.extend(b"k\x09\0\0\0\x04\0\0\0");
    list.extend((1_u64 << 60).to_le_bytes());
    assert!(matches!(fault(&list), Some(Fault::Limit(_))));
    let mut nested = begin(0, 1);
    nested.extend(1_u64.to_le_bytes());
    nested.extend(b"k\x09\0\0\0");
    for _ in 0..9 {
        nested.extend(b"\x09\0\0\0\x01\0\0\0\0\0\0\0");
    }
    assert!(matches!(fault(&nested), Some(Fault::Broken(words)) if words.contains("nested")));
    let large = gguf(&[], &[("a", 0, &[1 << 30])]);
    let at = large.len() - 20;
    let mut large = large;
    large[at..at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(fault(&large), Some(Fault::Broken(words)) if words.contains("fits no file")));
    assert!(matches!(fault(&begin(1, 0)), Some(Fault::Broken(words)) if words.contains("inside its header")));
}

#[test]
fn a_full_header_at_the_limit_stays_small() {
    // 600 000 tensors would be the most that 32 MiB can name; the reader stops long before.
    let mut json = String::from("{");
    for index in 0..210_000 {
        json += &format!("\"{index:x}\":{{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[{index},{}]}},", index + 1);
    }
    json.pop();
    json.push('}');
    assert!(matches!(headed(&json, 210_000).fault, Some(Fault::Limit(words)) if words.contains("200000")));
    let long = Model::default().note("log", &"x".repeat(3 << 20)).with("a", "U8", &[1]);
    let (header, whole) = long.header();
    let file = safetensors(&header, whole);
    assert_eq!(file.weights.unwrap().note("log").unwrap().len(), 1 << 20);
}
