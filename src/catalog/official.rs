//! Model files of the official workflow templates: the folder below ComfyUI's `models` that each belongs in.

/// Made by `catalog/make_model_folders.py`, sorted by name.
const TABLE: &str = include_str!("../../catalog/model_folders.txt");

/// The folder of a file by its name, folders in front allowed; `None` for names that no official template uses.
pub fn folder(file_name: &str) -> Option<&'static str> {
    let base = file_name.rsplit(['/', '\\']).next()?.to_ascii_lowercase();
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let mut entries = lines.filter_map(|line| line.split_once('|'));
    entries.find(|(name, _)| *name == base).map(|(_, folder)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn official_files_have_a_folder() {
        assert_eq!(folder("wan/umt5_xxl_fp8_e4m3fn_scaled.safetensors"), Some("text_encoders"));
        assert_eq!(folder("Wan2.2_VAE.safetensors"), Some("vae"));
        assert_eq!(folder("mine.safetensors"), None);
        let entries = TABLE.lines().skip(1).all(|line| line.split('|').count() == 2);
        assert!(entries && TABLE.lines().count() > 300);
    }
}
