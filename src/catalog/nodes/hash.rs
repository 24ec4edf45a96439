// The number by which the table of classes is built and searched (FNV-1a). Included by the build step as well.

/// Places of the table: four times as many as there are lines.
pub const PLACES: usize = 4096;

/// Where the search for a class begins.
pub fn place(name: &str) -> usize {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash ^ hash >> 15) as usize % PLACES
}
