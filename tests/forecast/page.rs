//! The tables of `docs/forecast.md`. Run with `UPDATE_DOCS=1` to write the current figures.

use std::path::Path;

use wanlint::catalog::models::{ModelKind, identify};
use wanlint::facts::versions::Version;
use wanlint::forecast::Os;
use wanlint::forecast::budget::{factor, reserve_default, usable};

use super::{measured, step_times};

/// Releases in which one of the numbers changed.
const RELEASES: [(u32, u32); 5] = [(3, 16), (3, 47), (3, 60), (3, 76), (33, 0)];

/// What the numbers of the budget were in each release.
fn eras() -> String {
    let ModelKind::WanDit(shape) = identify("wan2.1_t2v_14B_fp16.safetensors").unwrap().kind else { unreachable!() };
    let mut out =
        "| ComfyUI from | reserve on Linux | Windows | Windows above 15 GiB | factor of Wan 14B | least usable |\n\
                   |---|---|---|---|---|---|\n"
            .to_owned();
    for (minor, patch) in RELEASES {
        let version = Version::new(0, minor, patch);
        let reserve = |os, total| reserve_default(os, total, version);
        out += &format!(
            "| {version} | {} | {} | {} | {:.4} | {} |\n",
            reserve(Os::Linux, 24_000.0),
            reserve(Os::Windows, 12_000.0),
            reserve(Os::Windows, 24_000.0),
            factor(&shape, version),
            usable(0.0, 1e6, version),
        );
    }
    out
}

/// The text with the contents of every marked table replaced.
fn rebuilt(text: &str) -> String {
    let tables = [("eras", eras()), ("measured", measured::table()), ("steps", step_times::table())];
    let mut text = text.to_owned();
    for (name, table) in tables {
        let marker = format!("<!-- table: {name} -->\n");
        let (before, rest) = text.split_once(&marker).unwrap_or_else(|| panic!("{name} has no place in the page"));
        let (_, after) = rest.split_once("<!-- end -->").unwrap();
        text = format!("{before}{marker}\n{table}\n<!-- end -->{after}");
    }
    text
}

#[test]
fn tables_of_the_page_are_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/forecast.md");
    let written = std::fs::read_to_string(&path).unwrap();
    let current = rebuilt(&written);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    assert!(
        written == current || std::env::var_os("UPDATE_DOCS").is_some(),
        "docs/forecast.md is stale: run UPDATE_DOCS=1 cargo test --test forecast page, then read the change"
    );
}

/// The worked example of the page is the sum that the forecast makes.
#[test]
fn the_example_is_right() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/forecast.md")).unwrap();
    let (total, others, reserve) = (32606.5625, 1882.69, 4096.0);
    let estimate = 104.0 * 152.0 * 21.0 * 0.02 * 5120.0 / 2222.0;
    let (free, need) = (total - others, estimate + reserve);
    for (value, line) in
        [(free, "free     = "), (estimate, "estimate = "), (need, "need     = "), (free - need, "usable   = ")]
    {
        let shown = page.lines().find(|text| text.trim_start().starts_with(line)).unwrap();
        assert!(shown.ends_with(&format!("= {value:.2}")), "{shown}: {value:.2}");
    }
}
