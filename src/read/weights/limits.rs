//! How much of a header is read. Real ones are far below: the largest on record have some megabytes of metadata.

/// Largest header in bytes (32 MiB); safetensors itself allows 100 million.
pub(super) const HEADER: u64 = 32 << 20;

/// Most tensors of one file; the largest real ones have some ten thousand.
pub(super) const TENSORS: usize = 200_000;

/// Most dimensions of a tensor; torch has no more either.
pub(super) const DIMENSIONS: usize = 64;

/// Most bytes of one text beside the tensors that are kept: longer ones are training logs and templates, no map of
/// quantised layers.
pub(super) const TEXT: usize = 1 << 20;

/// Most texts beside the tensors that are kept.
pub(super) const TEXTS: usize = 10_000;
