//! Models that are known by their names alone: no folder of models is stated.

use serde_json::Value;

use super::room::Room;

/// The two-pass workflow with these experts, forecast on a Linux card of 24 GiB.
fn forecast(files: [&str; 2], release: &str, more: &[&str]) -> String {
    let room = Room::new();
    room.workflow("two-pass", &[("95.unet_name", files[0]), ("96.unet_name", files[1])]);
    if files[0].ends_with(".gguf") {
        let text = std::fs::read_to_string(room.path("repo/w.json")).unwrap();
        room.write("repo/w.json", &text.replace("\"UNETLoader\"", "\"UnetLoaderGGUF\""));
    }
    let card = ["--vram", "24576MiB", "--vram-used", "500MiB", "--os", "linux", "--comfyui", release];
    let (code, text) = room.run(&[&["vram", "w.json", "--no-detect"], &card[..], more].concat());
    assert_eq!(code, 0, "{text}");
    text
}

fn phases(text: &str) -> Vec<Value> {
    let value: Value = serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}"));
    let phases = value["phases"].as_array().unwrap_or_else(|| panic!("{text}"));
    phases.iter().filter(|phase| phase["name"] == "sample").cloned().collect()
}

const JSON: [&str; 2] = ["--output-format", "json"];

#[test]
fn a_gguf_file_by_name_is_forecast_between_two_ends() {
    let files = ["HighNoise/Wan2.2-I2V-A14B-HighNoise-Q8_0.gguf", "wan2.2_i2v_low_noise_14B_Q8_0.gguf"];
    for phase in phases(&forecast(files, "0.3.64", &JSON)) {
        // The lighter end is the one that two logs show: 14825.468872070312.
        let spread = phase["weights_mib"].as_f64().unwrap() - 14825.47;
        assert!((100.0..250.0).contains(&spread), "{phase:#}");
        // A line that is not known is not told.
        assert_eq!((&phase["log_line"], phase["model"].as_str()), (&Value::Null, Some("WAN21")));
        assert!(phase["peak_mib"].as_f64() > phase["weights_mib"].as_f64());
    }
    let text = forecast(files, "0.3.64", &[]);
    assert!(text.contains("weights 14825.47.."), "{text}");
    assert!(text.contains("assumed: the name of Wan2.2-I2V-A14B-HighNoise-Q8_0.gguf bounds its weights"), "{text}");
    assert!(!text.contains("MB loaded, full load: True\n  sample"), "{text}");
}

#[test]
fn smaller_quantisations_are_lighter() {
    let of = |quantisation: &str| {
        let file = |stage: &str| format!("wan2.2_i2v_{stage}_noise_14B_{quantisation}.gguf");
        let (high, low) = (file("high"), file("low"));
        let text = forecast([&high, &low], "0.3.75", &[]);
        let weights = text
            .lines()
            .find(|line| line.contains("    weights ") && line.contains(".."))
            .unwrap_or_else(|| panic!("{text}"));
        let range = weights.split(" MiB").next().unwrap().rsplit(' ').next().unwrap();
        let (light, heavy) = range.split_once("..").unwrap();
        (light.parse::<f64>().unwrap(), heavy.parse::<f64>().unwrap())
    };
    let sizes = ["Q2_K", "Q3_K_S", "Q3_K_M", "Q4_0", "Q4_K_S", "Q4_K_M", "Q5_K_S", "Q5_K_M", "Q6_K", "Q8_0"].map(of);
    assert!(sizes.is_sorted(), "{sizes:?}");
    assert!(sizes.iter().all(|(light, heavy)| light < heavy));
}

#[test]
fn files_of_kijai_are_forecast_as_comfyui_loads_them() {
    let files = ["Wan2_2-I2V-A14B-HIGH_fp16.safetensors", "Wan2_2-I2V-A14B-LOW_fp16.safetensors"];
    let official = ["wan2.2_i2v_high_noise_14B_fp16.safetensors", "wan2.2_i2v_low_noise_14B_fp16.safetensors"];
    let pair = [files, official].map(|files| phases(&forecast(files, "0.3.75", &JSON)));
    for (ours, theirs) in pair[0].iter().zip(&pair[1]) {
        for key in ["weights_mib", "loaded_mib", "offloaded_mib", "usable_mib", "log_line", "peak_mib"] {
            assert_eq!(ours[key], theirs[key], "{key}");
        }
    }
}

#[test]
fn what_no_scheme_covers_stays_unknown() {
    for file in ["wan2.2_i2v_high_noise_14B_Q4_K_M_mine.gguf", "Wan2.2-Animate-14B-Q4_K_M.gguf"] {
        let text = forecast([file, file], "0.3.75", &[]);
        assert!(text.contains("is known by its header only: state --models"), "{text}");
    }
    // A loader that does not take such files.
    let room = Room::new();
    room.workflow("two-pass", &[("95.unet_name", "wan2.2_i2v_high_noise_14B_Q8_0.gguf")]);
    let (_, text) = room.run(&["vram", "w.json", "--no-detect", "--vram", "24GiB"]);
    assert!(text.contains("is not in the catalog of models"), "{text}");
}
