//! Inputs that only the browser knows: widgets that its extensions add to a class, and what it keeps beside seeds, uploads and
//! previews. It sends them like any other, and the server ignores them.
//!
//! Sources: ComfyUI_frontend 1.58 `src/extensions/core` (customWidgets.ts, load3d.ts, saveMesh.ts, imageCompare.ts), prompts that
//! 1.58.1 made, VideoHelperSuite `web/js/VHS.core.js` (videopreview).

/// Settings and buttons beside other widgets. They stand in the named map and in values that are an object, and are never sent.
const KEPT: [&str; 4] = ["control_after_generate", "control_filter_list", "upload", "videopreview"];

/// What previews are sent as.
const PREVIEWS: [&str; 5] = ["audioUI", "preview", "preview_text", "previewMode", "compare_view"];

/// True for a setting or button beside another widget, which is stored and never sent.
pub(crate) fn is_kept(name: &str) -> bool {
    KEPT.contains(&name)
}

/// Names and JSON of what the browser sends for a class that its schema does not have.
pub(crate) fn added(class: &str) -> &'static [(&'static str, &'static str)] {
    match class {
        "SaveGLB" | "Preview3D" => &[("image", "\"\"")],
        "Load3D" => &[
            ("upload 3d model", "\"upload3dmodel\""),
            ("upload extra resources", "\"uploadExtraResources\""),
            ("clear", "\"clear\""),
        ],
        "ImageCompare" => &[("compare_view", "{\"__value__\":[\"\",\"\"]}")],
        _ => &[],
    }
}

/// True for an input that no schema has and that the browser sends all the same, in this or an earlier version.
pub(crate) fn has(class: &str, name: &str) -> bool {
    let same = if class == "Load3DAnimation" { "Load3D" } else { class };
    let viewer =
        matches!(class, "SaveGLB" | "Preview3D" | "Preview3DAnimation") && matches!(name, "image" | "camera_info");
    is_kept(name) || PREVIEWS.contains(&name) || viewer || added(same).iter().any(|(known, _)| *known == name)
}
