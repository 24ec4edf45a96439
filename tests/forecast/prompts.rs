//! Logs of servers that ran several workflows: what is compared with the one that was named, and what is said about the rest.

use serde_json::Value;

use super::field_logs::{lines, loads, name, rows};
use super::logged::{FOUNDING, wanlint};

/// The lines of the founding case's server: those of its start, and each of its two prompts.
fn founding() -> (String, [String; 2]) {
    let text = std::fs::read_to_string(format!("{FOUNDING}/logs/baseline_complete.log")).unwrap().replace("\r\n", "\n");
    let mut parts = text.split("got prompt\n");
    let mut next = || parts.next().unwrap().to_owned();
    (next(), [next(), next()].map(|run| format!("got prompt\n{run}")))
}

/// The report of a log beside the workflow, on the start that the log comes from.
fn report(log: &str, more: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("comfyui.log").display().to_string();
    std::fs::write(&path, log).unwrap();
    let workflow = format!("{FOUNDING}/workflows_api/video_wan2_2_14B_i2v_no_sage_test.api.json");
    let launch = format!("{FOUNDING}/scripts/tried/launch_default_reserve.bat");
    let args = [&path, "--workflow", &workflow, "--launch", &launch, "--output-format", "json"];
    let (code, out, err) = wanlint(&[&args.map(|arg| arg as &str)[..], more].concat());
    assert!(code < 2, "{err}");
    serde_json::from_str(&out).unwrap()
}

const EXACT: [&str; 2] = ["--vram", "32606.5625MiB"];

/// A prompt with these lines.
fn prompt(lines: &str) -> String {
    format!("got prompt\n{lines}\nPrompt executed in 20.00 seconds\n")
}

fn load(class: &str, usable: f64, weights: f64) -> String {
    format!(
        "Requested to load {class}\nloaded completely; {usable:.2} MB usable, {weights:.2} MB loaded, full load: True"
    )
}

fn flux() -> String {
    prompt(&[load("FluxClipModel_", 29451.21, 4777.53), load("Flux", 17313.62, 11350.07)].join("\n"))
}

/// What is said about the loads that were compared: their lines, and how far usable is off.
fn compared(report: &Value) -> Vec<(u64, bool, Option<f64>)> {
    let lines = report["sessions"][0]["forecast"]["lines"].as_array().unwrap();
    let one = |line: &Value| {
        (line["line"].as_u64().unwrap(), line["compared"].as_bool().unwrap(), line["usable_off_mib"].as_f64())
    };
    lines.iter().map(one).collect()
}

fn passed(report: &Value) -> Vec<(u64, u64, String)> {
    let passed = report["sessions"][0]["forecast"]["not_compared"].as_array().unwrap();
    let one = |run: &Value| {
        (run["run"].as_u64().unwrap(), run["line"].as_u64().unwrap(), run["reason"].as_str().unwrap().to_owned())
    };
    passed.iter().map(one).collect()
}

#[test]
fn prompts_of_other_workflows_are_named_and_the_rest_is_compared() {
    let (start, [cold, warm]) = founding();
    let report = report(&(start.clone() + &cold + &flux() + &warm), &EXACT);
    let line = (start + &cold).lines().count() as u64 + 3;
    let wanted = "loads FluxClipModel_, which the workflow does not";
    assert_eq!(passed(&report), [(2, line, wanted.to_owned())]);
    // Five loads before it and three behind it, and the samplers behind it clear the card.
    let lines = compared(&report);
    assert_eq!(lines.len(), 8);
    assert!(lines.iter().all(|(_, compared, off)| *compared && off.is_none_or(|off| off.abs() <= 0.02)), "{lines:?}");
    assert_eq!(report["findings"], Value::Array(Vec::new()));
}

#[test]
fn behind_another_workflow_nothing_is_judged_until_the_card_is_cleared() {
    let (start, [cold, _]) = founding();
    let report = report(&(start + &flux() + &cold), &EXACT);
    let compared: Vec<bool> = compared(&report).iter().map(|(_, compared, _)| *compared).collect();
    // Flux may still lie beside the text encoder and the first pass of the VAE.
    assert_eq!(compared, [false, false, true, true, true]);
    let solved = report["sessions"][0]["forecast"]["solved_from_line"].as_u64().unwrap();
    assert_eq!(solved, report["sessions"][0]["runs"][1]["loads"][2]["line"].as_u64().unwrap());
    assert_eq!(report["findings"], Value::Array(Vec::new()));
}

/// On a card that holds everything, what Flux left is missing for the samplers behind it: nobody else holds it.
#[test]
fn on_a_card_that_holds_both_nothing_behind_is_judged() {
    let (start, [cold, warm]) = founding();
    let start = start.replace("32607 MB", "81559 MB").replace("NVIDIA GeForce RTX 5090", "NVIDIA H100 80GB HBM3");
    // The usable values of the forecast with 1636 MiB held by others, and those of a warm run less the weights of Flux and its encoder.
    let with = |run: &str, usable: &[f64]| {
        let mut usable = usable.iter();
        let changed = run.lines().map(|line| match line.strip_prefix("loaded completely; ") {
            Some(rest) if !rest.starts_with("9536") => {
                let (_, rest) = rest.split_once(' ').unwrap();
                format!("loaded completely; {:.2} {rest}\n", usable.next().unwrap())
            }
            _ => format!("{line}\n"),
        });
        changed.collect::<String>()
    };
    let cold = with(&cold, &[61225.40, 57262.88, 43631.44, 32032.83]);
    let less = |usable: f64| usable - 4777.53 - 11350.07;
    let warm = with(&warm, &[57262.88, 43631.44, 32032.83].map(less));
    let report = report(&(start + &cold + &flux() + &warm), &["--vram", "81559MiB"]);
    let lines = compared(&report);
    let judged: Vec<_> = lines.iter().map(|(_, compared, _)| *compared).collect();
    assert_eq!(judged, [[true; 5].as_slice(), &[false; 3]].concat());
    assert!(lines.iter().all(|(_, _, off)| off.is_none_or(|off| off.abs() <= 0.02)), "{lines:?}");
    assert_eq!(report["findings"], Value::Array(Vec::new()), "{:#}", report["findings"]);
}

#[test]
fn the_same_classes_in_another_workflow() {
    let (start, [cold, warm]) = founding();
    let sampled = |weights: f64| load("WAN21", 20000.0, weights);
    for (other, wanted) in [
        (
            prompt(&sampled(17043.07)),
            "loads WAN21 with 17043.07 MiB of weights, and the workflow's file has 13629.08 MiB",
        ),
        (prompt(&vec![sampled(13629.08); 3].join("\n")), "loads WAN21 where the workflow does not, or not again"),
    ] {
        let report = report(&(start.clone() + &cold + &other + &warm), &EXACT);
        let passed = passed(&report);
        assert_eq!(passed.iter().map(|(run, _, why)| (*run, why.as_str())).collect::<Vec<_>>(), [(2, wanted)]);
        assert_eq!(compared(&report).len(), 8);
        assert_eq!(report["findings"], Value::Array(Vec::new()));
    }
}

/// Lines of public logs between the prompts of the founding case: those of other workflows must change nothing.
#[test]
fn lines_of_public_logs_between() {
    let (start, [cold, warm]) = founding();
    let (mut all, mut worded, mut told) = (0, 0, Vec::new());
    for row in rows() {
        let foreign = loads(&row).iter().any(|load| match load.class.as_deref() {
            Some("WanTEModel" | "WAN21" | "WanVAE") => load.weights().is_some_and(|weights| {
                ![6419.48, 13629.08, 242.03].iter().any(|own: &f64| (weights - own).abs() <= 4.0)
            }),
            class => class.is_some() && load.class == row["model_class"].as_str().map(str::to_owned),
        });
        let text = lines(&row);
        // A line without its class is not known to be of another workflow.
        if !foreign || !text.contains("Requested to load") || text.contains("ComfyUI version") {
            continue;
        }
        let report = report(&(start.clone() + &cold + &prompt(&text) + &warm), &EXACT);
        let passed = passed(&report);
        assert!(matches!(passed.as_slice(), [(2, ..)]), "{}: {passed:?}", name(&row));
        all += 1;
        // Lines that the founding case's release does not write are not of its session, and that is said.
        let lines = compared(&report);
        let wording = report["findings"].to_string().contains("that release does not write such lines");
        let off = lines.iter().filter(|(_, known, off)| !*known || off.is_some_and(|off| off.abs() > 0.02));
        assert!(lines.len() == 8 && (wording || off.count() == 0), "{}: {report:#}", name(&row));
        assert!(wording || !report["findings"].to_string().contains("LOG002"), "{}", name(&row));
        worded += usize::from(!wording);
        told.push(format!("{}: {}", name(&row), passed[0].2));
    }
    println!(
        "{all} rows of other workflows passed over, {worded} of them in the release's wording:\n  {}",
        told.join("\n  ")
    );
    assert!(all == 0 || rows().is_empty() || all >= 20, "{all}");
}

#[test]
fn one_foreign_load_in_every_prompt_leaves_what_is_known() {
    let (start, [cold, warm]) = founding();
    // A model that no plan knows, behind the encode of the start image: the samplers clear the card of it.
    let with = |run: &str| {
        run.replacen("Requested to load WAN21", &(load("ControlNet", 9000.0, 1200.0) + "\nRequested to load WAN21"), 1)
    };
    let report = report(&(start + &with(&cold) + &with(&warm)), &EXACT);
    assert_eq!(passed(&report), []);
    let lines = compared(&report);
    assert_eq!(lines.len(), 8);
    assert!(lines.iter().all(|(_, compared, _)| *compared), "{lines:?}");
}
