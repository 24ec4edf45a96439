//! From a server's `/object_info` to the lines of the catalog.
//!
//! `Class`, flags, output types joined with `|` (`TYPE/NAME` where a name differs), then one field per input in the order of
//! the schema, all separated by tabs. Flags: `O` output node, `C` custom, `P` calls a paid service, `A` takes any input,
//! `o` and `n` the releases that have it (0.3.64, 0.33.0).
//!
//! `name:TYPE` is a socket (see `decode` for what may follow the type), `name=…` a widget: its kind letter (`i f s b`, `c`
//! a combo whose type is its list, `C` one of type COMBO, `d` a dynamic combo, `x` anything else), for `f` one digit of
//! precision, `(TYPE)` where the type is another; `+` when a `control_after_generate` value follows it, `~` for dynamic
//! prompts, `^` when the node checks the value itself, `*` for several choices; `<min,max,step>`; the list of a combo as JSON,
//! `#N;` for a list that is written once at the top, `!` for files of the server; then the default as JSON, left out where it
//! is the first choice. `?` after the name marks an optional input. `@key/key@` in front says which choices of the
//! surrounding dynamic combos show this input. `=u` is the value of an upload button: it has a slot and no name.
//! The rules for slots come from ComfyUI_frontend.

mod text;

use std::fmt::Write as _;

pub(super) use text::name;
use text::{Json, compact, type_name};

use crate::read::json::JsonRef;

const UPLOADS: [&str; 4] = ["image_upload", "audio_upload", "video_upload", "file_upload"];

/// Inputs that list files of the server although their lists are never empty.
const FILES: [(&str, &str); 4] = [
    ("VAELoader", "vae_name"),
    ("TrainLoraNode", "existing_lora"),
    ("CheckpointLoader", "config_name"),
    ("LoadImageOutput", "image"),
];

/// Inputs whose values the node checks itself, from the `VALIDATE_INPUTS` of 0.3.64 and 0.33.0; `*` stands for all of a class.
const OWN_CHECKS: [(&str, &str); 18] = [
    ("LoadImage", "image"),
    ("LoadImageMask", "image"),
    ("LoadImageOutput", "image"),
    ("LoadLatent", "latent"),
    ("LoadAudio", "audio"),
    ("LoadVideo", "file"),
    ("Load3D", "*"),
    ("Load3DAdvanced", "*"),
    ("CustomCombo", "*"),
    ("ComfySoftSwitchNode", "switch"),
    ("FluxProUltraImageNode", "aspect_ratio"),
    ("ModelAttentionBackend", "attention"),
    ("SelectModelDevice", "device"),
    ("SelectCLIPDevice", "device"),
    ("SelectVAEDevice", "device"),
    ("LoadImageSetNode", "images"),
    ("LoadImageSetNode", "resize_method"),
    ("KlingCameraControls", "*"),
];

/// Endings of model files: a list with one of them holds files.
const MODEL_FILES: [&str; 8] = [".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".sft", ".onnx"];

/// The line of a class.
pub fn line(class: &str, spec: JsonRef<'_>, releases: &str) -> String {
    let mut line = Line { class, fields: Vec::new() };
    for (group, optional) in [("required", false), ("optional", true)] {
        let Some(inputs) = spec.get("input").and_then(|input| input.get(group)) else { continue };
        let order = spec.get("input_order").and_then(|order| order.get(group));
        line.group(inputs, order, optional, "", "");
    }
    let flags = flags(spec) + releases;
    let mut out = format!("{}\t{flags}\t{}", name(class), outputs(spec));
    for field in &line.fields {
        out.push('\t');
        out.push_str(field);
    }
    out
}

fn flags(spec: JsonRef<'_>) -> String {
    let is = |key: &str| spec.get(key).and_then(|flag| flag.as_bool()) == Some(true);
    let category = spec.get("category").and_then(|text| text.as_str()).unwrap_or_default();
    let partner = is("api_node") || category.contains("partner") || category.contains("api node");
    let custom = spec.get("python_module").and_then(|text| text.as_str());
    let custom = custom.is_some_and(|module| module.starts_with("custom_nodes"));
    let any = spec.get("name").is_some_and(|name| name.is_text("CustomCombo"));
    let flags = [(is("output_node"), 'O'), (custom, 'C'), (partner, 'P'), (any, 'A')];
    flags.into_iter().filter_map(|(set, letter)| set.then_some(letter)).collect()
}

fn outputs(spec: JsonRef<'_>) -> String {
    let list = |key: &str| spec.get(key).into_iter().flat_map(|list| list.items());
    let mut names = list("output_name");
    let one = |kind: JsonRef<'_>| {
        let kind = kind.as_str().map_or_else(|| "COMBO".to_owned(), |kind| type_name(&kind));
        let named = names.next().and_then(|name| name.as_str()).map(|text| name(&text)).unwrap_or_default();
        if named.is_empty() || named == kind { kind } else { format!("{kind}/{named}") }
    };
    list("output").map(one).collect::<Vec<_>>().join("|")
}

/// One class: collects its fields in the order of the schema.
struct Line<'c> {
    class: &'c str,
    fields: Vec<String>,
}

impl Line<'_> {
    fn group(&mut self, inputs: JsonRef<'_>, order: Option<JsonRef<'_>>, optional: bool, prefix: &str, guard: &str) {
        let listed = order.into_iter().flat_map(|order| order.items()).filter_map(|name| name.as_str());
        let mut names: Vec<_> = listed.collect();
        if names.is_empty() {
            names = inputs.entries().filter_map(|(key, _)| key.as_str()).collect();
        }
        let mut uploads = false;
        for short in names {
            let Some(spec) = inputs.get(&short) else { continue };
            let options = Json(spec.item(1).filter(|options| options.is_object()));
            self.input(&format!("{prefix}{short}"), spec, options, optional, guard);
            uploads |= UPLOADS.iter().any(|key| options.truthy(key)) && !options.truthy("widgetType");
        }
        if uploads && !optional {
            self.fields.push("=u".to_owned());
        }
    }

    fn input(&mut self, path: &str, spec: JsonRef<'_>, options: Json<'_>, optional: bool, guard: &str) {
        let Some(kind) = spec.item(0) else { return };
        let mut field = if guard.is_empty() { String::new() } else { format!("@{guard}@") };
        field.push_str(&name(path));
        if optional {
            field.push('?');
        }
        let letter = letter(kind, options);
        match letter {
            Some(letter) => self.widget(&mut field, path, letter, kind, options),
            None => socket(&mut field, kind, options),
        }
        self.fields.push(field);
        if letter == Some('d') {
            for choice in options.get("options").into_iter().flat_map(|choices| choices.items()) {
                self.choice(path, choice, guard);
            }
        }
    }

    fn choice(&mut self, path: &str, choice: JsonRef<'_>, guard: &str) {
        let Some(key) = choice.get("key").and_then(|key| key.as_str()) else { return };
        let key = name(&key);
        let guard = if guard.is_empty() { key } else { format!("{guard}/{key}") };
        for (group, optional) in [("required", false), ("optional", true)] {
            if let Some(inputs) = choice.get("inputs").and_then(|inputs| inputs.get(group)) {
                self.group(inputs, None, optional, &format!("{path}."), &guard);
            }
        }
    }

    fn widget(&self, field: &mut String, path: &str, letter: char, kind: JsonRef<'_>, options: Json<'_>) {
        let written = kind.as_str().unwrap_or_default();
        let _ = write!(field, "={letter}");
        if letter == 'f' {
            let _ = write!(field, "{}", precision(options));
        }
        let plain =
            matches!(&*written, "INT" | "FLOAT" | "STRING" | "BOOLEAN" | "COMBO" | "COMFY_DYNAMICCOMBO_V3" | "");
        if letter == 'x' || !plain {
            let _ = write!(field, "({})", type_name(&written));
        }
        let marks = [
            (has_control(path, letter, options), '+'),
            (options.truthy("dynamicPrompts"), '~'),
            (listed(&OWN_CHECKS, self.class, path), '^'),
            (options.truthy("multiselect"), '*'),
        ];
        field.extend(marks.into_iter().filter_map(|(set, mark)| set.then_some(mark)));
        if matches!(letter, 'i' | 'f') {
            field.push_str(&range(options));
        }
        self.value(field, path, letter, kind, options);
    }

    /// The list of a combo and the default.
    fn value(&self, field: &mut String, path: &str, letter: char, kind: JsonRef<'_>, options: Json<'_>) {
        let default = options.get("default").filter(|default| !default.is_null()).map(compact);
        if !matches!(letter, 'c' | 'C' | 'd') {
            field.push_str(&default.unwrap_or_default());
            return;
        }
        let choices: Vec<JsonRef<'_>> = match kind.is_array() {
            true => kind.items().collect(),
            false => options.get("options").into_iter().flat_map(|list| list.items()).collect(),
        };
        let written = |choice: &JsonRef<'_>| match letter {
            'd' => choice.get("key").map(compact).unwrap_or_default(),
            _ => compact(*choice),
        };
        let list: Vec<String> = choices.iter().map(written).collect();
        let files = list.is_empty()
            || UPLOADS.iter().any(|key| options.truthy(key))
            || listed(&FILES, self.class, path)
            || choices.iter().any(|choice| is_model_file(*choice));
        if files {
            field.push('!');
        }
        // An empty list says nothing: no such file was there, or the browser asks for it elsewhere.
        if !list.is_empty() {
            let _ = write!(field, "[{}]", list.join(","));
        }
        let first = list.first().filter(|first| first.starts_with('"') || files);
        match default {
            Some(default) if files || Some(&default) != first => field.push_str(&default),
            None if files => field.push_str(first.map_or("", String::as_str)),
            None if first.is_none() => field.push_str(list.first().map_or("", String::as_str)),
            _ => {}
        }
    }
}

fn listed(table: &[(&str, &str)], class: &str, path: &str) -> bool {
    table.iter().any(|(known, input)| *known == class && (*input == path || *input == "*"))
}

fn is_model_file(choice: JsonRef<'_>) -> bool {
    choice.as_str().is_some_and(|text| MODEL_FILES.iter().any(|ending| text.to_ascii_lowercase().ends_with(ending)))
}

/// The kind letter of a widget; `None` for a socket.
fn letter(kind: JsonRef<'_>, options: Json<'_>) -> Option<char> {
    if options.truthy("forceInput") || options.truthy("defaultInput") {
        return None;
    }
    if kind.is_array() {
        return Some('c');
    }
    let scalar = |kind: &str| match kind {
        "INT" => Some('i'),
        "FLOAT" => Some('f'),
        "STRING" => Some('s'),
        "BOOLEAN" => Some('b'),
        "COMBO" => Some('C'),
        "COMFY_DYNAMICCOMBO_V3" => Some('d'),
        _ => None,
    };
    if let Some(widget) = options.get("widgetType").and_then(|kind| kind.as_str()).filter(|kind| !kind.is_empty()) {
        return Some(scalar(&widget).unwrap_or('x'));
    }
    let kind = kind.as_str().unwrap_or_default();
    let drawn = matches!(&*kind, "COLOR" | "COLORS" | "BOUNDING_BOXES" | "LOAD_3D" | "WEBCAM" | "AUDIO_RECORD");
    let other = options.truthy("socketless") || drawn;
    scalar(&kind).or(other.then_some('x'))
}

/// A flag decides; without one it is a whole number of these names.
fn has_control(path: &str, letter: char, options: Json<'_>) -> bool {
    match options.get("control_after_generate") {
        Some(flag) if !flag.is_null() => options.truthy("control_after_generate"),
        _ => letter == 'i' && matches!(path, "seed" | "noise_seed"),
    }
}

/// Decimals a PrimitiveNode rounds to before it writes into this widget (frontend default step 0.5).
fn precision(options: Json<'_>) -> i32 {
    let step = options.get("step").and_then(|step| step.as_f64()).filter(|step| *step > 0.0).unwrap_or(0.5);
    (-step.log10().floor()).clamp(0.0, 9.0) as i32
}

fn range(options: Json<'_>) -> String {
    let number = |key: &str| options.get(key).filter(|value| value.as_f64().is_some()).map(|value| value.raw());
    let parts = [number("min"), number("max"), number("step")];
    if parts.iter().all(Option::is_none) {
        return String::new();
    }
    let text = parts.map(Option::unwrap_or_default).join(",");
    format!("<{}>", text.trim_end_matches(','))
}

/// A socket's type and what belongs to it.
fn socket(field: &mut String, kind: JsonRef<'_>, options: Json<'_>) {
    let kind = kind.as_str().unwrap_or_else(|| "COMBO".into());
    let _ = write!(field, ":{}", type_name(&kind));
    let Some(template) = options.get("template") else { return };
    match &*kind {
        "COMFY_MATCHTYPE_V3" => {
            let group = template.get("template_id").and_then(|id| id.as_str()).unwrap_or_default();
            let _ = write!(field, ";{}", name(&group));
        }
        "COMFY_AUTOGROW_V3" => autogrow(field, template),
        _ => {}
    }
}

/// `;min;max;prefix;TYPE`, or `;min;max;=a,b,c;TYPE`; the type ends in `?` when none is required.
fn autogrow(field: &mut String, template: JsonRef<'_>) {
    let number = |key: &str| template.get(key).and_then(|number| number.as_i64());
    let names: Vec<_> = template.get("names").into_iter().flat_map(|names| names.items()).collect();
    let input = template.get("input").into_iter().flat_map(|groups| groups.entries());
    let first = input.filter_map(|(group, inputs)| Some((group, inputs.entries().next()?.1))).next();
    let kind = first.and_then(|(_, spec)| spec.item(0)?.as_str()).unwrap_or_else(|| "*".into());
    let optional = first.is_some_and(|(group, _)| !group.is_text("required"));
    let max = if names.is_empty() { number("max").unwrap_or(10) } else { names.len() as i64 };
    let _ = write!(field, ";{};{max};", number("min").unwrap_or(1));
    match names.is_empty() {
        true => field.push_str(&name(&template.get("prefix").and_then(|prefix| prefix.as_str()).unwrap_or_default())),
        false => {
            let texts: Vec<String> = names.iter().filter_map(|text| Some(name(&text.as_str()?))).collect();
            let _ = write!(field, "={}", texts.join(","));
        }
    }
    let _ = write!(field, ";{}{}", type_name(&kind), if optional { "?" } else { "" });
}
