//! `extra_model_paths.yaml`: sections of folders in which ComfyUI looks for models (ComfyUI `utils/extra_config.py`).

use saphyr_parser::{Event, Parser};

/// Largest file that is read, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// Most lines of all sections together.
const MAX_LINES: usize = 10_000;

/// One section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// `base_path`, as written.
    pub base: Option<String>,
    /// `is_default`: its folders are searched before all others.
    pub is_default: bool,
    /// Folder name (`loras`, `diffusion_models`, `unet`) and path, one for each line, in order.
    pub folders: Vec<(String, String)>,
}

/// The sections of a text; `None` when it is not understood to its end, so that nothing can be said about what it names.
pub fn read(text: &str) -> Option<Vec<Section>> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let mut state = State::default();
    for event in Parser::new_from_str(text) {
        state.event(event.ok()?.0)?;
    }
    Some(state.sections)
}

#[derive(Default)]
struct State {
    depth: u32,
    key: Option<String>,
    lines: usize,
    sections: Vec<Section>,
}

impl State {
    /// Sections are a map of maps of texts; anything else in their place stops the reading.
    fn event(&mut self, event: Event) -> Option<()> {
        match event {
            Event::MappingStart(..) => {
                self.depth += 1;
                self.key = None;
                if self.depth == 2 {
                    self.sections.push(Section::default());
                }
                (self.depth <= 2).then_some(())?;
            }
            Event::MappingEnd => {
                self.depth = self.depth.checked_sub(1)?;
                self.key = None;
            }
            Event::Scalar(text, ..) => self.scalar(&text)?,
            Event::SequenceStart(..) | Event::SequenceEnd | Event::Alias(_) => return None,
            _ => {}
        }
        Some(())
    }

    fn scalar(&mut self, text: &str) -> Option<()> {
        let Some(key) = self.key.take() else {
            self.key = Some(text.to_owned());
            return Some(());
        };
        // A section may be empty (`comfyui:` and nothing below it).
        if self.depth < 2 {
            return Some(());
        }
        let section = self.sections.last_mut()?;
        match key.as_str() {
            "base_path" => section.base = Some(text.to_owned()),
            "is_default" => section.is_default = matches!(text.to_ascii_lowercase().as_str(), "true" | "yes" | "on"),
            _ => {
                let lines = text.split('\n').filter(|line| !line.is_empty());
                let lines: Vec<_> = lines.map(|line| (key.clone(), line.trim_end_matches('\r').to_owned())).collect();
                self.lines += lines.len();
                (self.lines <= MAX_LINES).then_some(())?;
                section.folders.extend(lines);
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_lines_and_defaults() {
        let text = "#config\ncomfyui:\n    base_path: D:/models\n    is_default: true\n    loras: |\n        loras\n        more/loras\n    \
                    unet: u\nempty:\na111:\n  base_path: ../a\n  vae: models/VAE\n";
        let sections = read(text).unwrap();
        assert_eq!(sections.len(), 2);
        assert_eq!((sections[0].base.as_deref(), sections[0].is_default), (Some("D:/models"), true));
        let folders: Vec<_> = sections[0].folders.iter().map(|(kind, path)| format!("{kind}={path}")).collect();
        assert_eq!(folders, ["loras=loras", "loras=more/loras", "unet=u"]);
        assert_eq!(sections[1].folders, [("vae".to_owned(), "models/VAE".to_owned())]);
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_such_file_names_nothing() {
        for text in ["a: [1, 2]", "a:\n  b: [x]", "a:\n  b:\n    c: d", "a: &x\n  b: c\nd: *x", "a:\n b: 'x", "{{{{"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
