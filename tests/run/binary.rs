//! The whole command against the stand-in: exit codes, messages, what was sent, what came home, what is left.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::stand_in::{Beat, Behaviour, StandIn, Trouble};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot much of a picture";

/// A workflow of three nodes, and the classes that a server has for it.
fn workflow() -> Value {
    json!({
        "1": {"class_type": "NoisyImage", "inputs": {"seed": 1, "width": 64}},
        "2": {"class_type": "ImageScale", "inputs": {"image": ["1", 0], "upscale_method": "bilinear", "width": 128, "height": 128, "crop": "disabled"}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "w"}}
    })
}

fn object_info() -> Value {
    let class = |name: &str, required: Value, output: &[&str], end: bool| {
        json!({"input": {"required": required}, "output": output, "output_is_list": [false], "output_name": output, "name": name,
            "display_name": name, "description": "", "python_module": "nodes", "category": "image", "output_node": end})
    };
    let size = || json!(["INT", {"default": 512, "min": 0, "max": 16384, "step": 1}]);
    json!({
        "NoisyImage": class("NoisyImage", json!({"seed": ["INT", {"default": 0, "min": 0, "max": u64::MAX, "control_after_generate": true}],
            "width": ["INT", {"default": 64, "min": 16, "max": 512}]}), &["IMAGE"], false),
        "ImageScale": class("ImageScale", json!({"image": ["IMAGE"], "upscale_method": [["nearest-exact", "bilinear"]], "width": size(),
            "height": size(), "crop": [["disabled", "center"]]}), &["IMAGE"], false),
        "SaveImage": class("SaveImage", json!({"images": ["IMAGE"], "filename_prefix": ["STRING", {"default": "ComfyUI"}]}), &[], true),
        // Every server has these: without them an answer counts as a part of one.
        "KSampler": class("KSampler", json!({}), &["LATENT"], false),
        "CLIPTextEncode": class("CLIPTextEncode", json!({}), &["CONDITIONING"], false),
        "VAEDecode": class("VAEDecode", json!({}), &["IMAGE"], false),
        "LoadImage": class("LoadImage", json!({"image": [["a.png"], {"image_upload": true}]}), &["IMAGE", "MASK"], false),
    })
}

/// A server that runs the workflow and has a picture at its end.
pub fn good(beats: Vec<Beat>) -> Behaviour {
    Behaviour {
        beats,
        object_info: Some(object_info().to_string()),
        outputs: Some(json!({"3": {"images": [{"filename": "w_00001_.png", "subfolder": "", "type": "output"}]}})),
        files: [("w_00001_.png".to_owned(), PNG.to_vec())].into(),
        ..Behaviour::default()
    }
}

fn succeeds() -> Vec<Beat> {
    [Beat::sampler("2", 3), Beat::success()].concat()
}

/// A folder with the workflow in it.
pub struct Desk(pub TempDir);

impl Desk {
    pub fn new() -> Self {
        Self::with(&workflow())
    }

    fn with(workflow: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("w.json"), format!("{workflow:#}")).unwrap();
        Self(folder)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
        command.args(["run", "w.json", "--isolated", "--output-dir", "out"]).args(args);
        command.current_dir(self.0.path()).env_clear().env("CI", "1");
        command
    }

    pub fn run(&self, server: &StandIn, args: &[&str]) -> Told {
        Told::of(&self.command(&[&["--server", &server.url()], args].concat()).output().unwrap())
    }

    fn spawn(&self, server: &StandIn, args: &[&str]) -> Child {
        let mut command = self.command(&[&["--server", &server.url()], args].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// What lies in the folder for outputs, without records.
    pub fn outputs(&self) -> Vec<String> {
        let mut names: Vec<String> =
            files(&self.0.path().join("out")).iter().map(|path| path.display().to_string()).collect();
        names.retain(|name| !name.ends_with(".wanlint.json"));
        names
    }

    fn record(&self) -> Value {
        let all = files(&self.0.path().join("out"));
        let records: Vec<_> = all.iter().filter(|path| path.to_string_lossy().ends_with(".wanlint.json")).collect();
        assert_eq!(records.len(), 1, "{all:?}");
        serde_json::from_str(&std::fs::read_to_string(self.0.path().join("out").join(records[0])).unwrap()).unwrap()
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap()) {
        match entry.file_type().unwrap().is_dir() {
            true => {
                found.extend(files(&entry.path()).into_iter().map(|inner| Path::new(&entry.file_name()).join(inner)))
            }
            false => found.push(PathBuf::from(entry.file_name())),
        }
    }
    found.sort();
    found
}

#[derive(Debug)]
pub struct Told {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Told {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// The exit code, and what stands in the output or the messages.
    pub fn says(&self, code: i32, words: &[&str]) {
        let all = format!("{}\n{}", self.out, self.err);
        assert_eq!(self.code, Some(code), "{all}");
        for word in words {
            assert!(all.contains(word), "'{word}' is not in: {all}");
        }
        assert!(!all.contains("panicked"), "{all}");
    }
}

fn sent(server: &StandIn) -> Vec<Value> {
    server.asked().into_iter().filter(|(what, _)| what == "POST /prompt").map(|(_, body)| body).collect()
}

#[test]
fn what_was_verified_is_sent_and_what_it_makes_comes_home() {
    let (desk, server) = (Desk::new(), StandIn::start(good(succeeds())));
    let told = desk.run(&server, &["--set", "1.width=256", "--seed", "7"]);
    told.says(
        0,
        &[
            "no findings",
            "server: NVIDIA GeForce RTX 5090 (detected), Linux",
            "node 2 'ImageScale'",
            "success",
            "output: out/w_00001_.png",
        ],
    );
    let bodies = sent(&server);
    let [body] = bodies.as_slice() else { panic!("{bodies:?}") };
    assert_eq!(
        (&body["prompt"]["1"]["inputs"]["width"], &body["prompt"]["1"]["inputs"]["seed"]),
        (&json!(256), &json!(7))
    );
    assert_eq!(body["prompt"]["2"]["_meta"]["title"], "ImageScale");
    assert_eq!(body["extra_data"], json!({"preview_method": "none"}));
    assert_eq!(desk.outputs(), ["w_00001_.png"]);
    assert_eq!(std::fs::read(desk.0.path().join("out/w_00001_.png")).unwrap(), PNG);
    let record = desk.record();
    assert_eq!((&record["kind"], &record["result"]["end"]), (&json!("wanlint run"), &json!("success")));
    assert_eq!((&record["prompt"]["id"], &record["prompt"]["json"]), (&body["prompt_id"], &body["prompt"]));
    assert_eq!(record["outputs"][0]["bytes"], PNG.len());
    assert_eq!(record["server"]["argv"], json!(["main.py", "--listen", "127.0.0.1"]));
    let steps = record["measured"]["nodes"].as_array().unwrap().iter().find(|node| node["node"] == "2").unwrap();
    assert_eq!((&steps["steps"], &steps["type"]), (&json!(3), &json!("ImageScale")));
    let hash = record["prompt"]["sha256"].as_str().unwrap();
    assert!(hash.len() == 64 && told.out.contains(hash), "{told:?}");
    // The plan names the same bytes.
    let plan = desk.command(&["--set", "1.width=256", "--seed", "7", "--dry-run"]).output().unwrap();
    assert!(Told::of(&plan).out.contains(hash));
    assert_eq!(sent(&server).len(), 1);
}

#[test]
fn a_fix_goes_into_what_is_sent_and_in_place_into_the_file() {
    let mut bare = workflow();
    bare["2"]["inputs"]["image"] = json!([1, 0]);
    for (more, in_file) in [(&["--fix"][..], json!([1, 0])), (&["--fix", "--in-place"], json!(["1", 0]))] {
        let (desk, server) = (Desk::with(&bare), StandIn::start(good(succeeds())));
        desk.run(&server, more).says(0, &["fixed"]);
        assert_eq!(sent(&server)[0]["prompt"]["2"]["inputs"]["image"], json!(["1", 0]));
        let file: Value = serde_json::from_slice(&std::fs::read(desk.0.path().join("w.json")).unwrap()).unwrap();
        assert_eq!(file["2"]["inputs"]["image"], in_file);
    }
}

#[test]
fn what_the_server_cannot_run_is_not_sent() {
    let mut wrong = workflow();
    wrong["1"]["class_type"] = json!("NoisyImages");
    let (desk, server) = (Desk::with(&wrong), StandIn::start(good(succeeds())));
    desk.run(&server, &[]).says(1, &["not run", "NoisyImages", "w.json"]);
    // A value that only this server refuses.
    let (desk, server2) = (Desk::new(), StandIn::start(good(succeeds())));
    desk.run(&server2, &["--set", "1.width=600"]).says(2, &["width of node 1", "ends at 512"]);
    // Nothing that the files are wrong about even asks the server.
    let mut cut = workflow();
    cut["2"]["inputs"]["image"] = json!(["9", 0]);
    let (desk, server3) = (Desk::with(&cut), StandIn::start(good(succeeds())));
    desk.run(&server3, &[]).says(1, &["not run"]);
    assert_eq!(sent(&server).len() + sent(&server2).len() + server3.asked().len(), 0);
}

#[test]
fn a_failure_names_the_node_and_its_place() {
    let error = json!({"node_id": "2", "node_type": "ImageScale", "exception_type": "RuntimeError",
        "exception_message": "it broke\nmore", "traceback": ["a"], "executed": ["1"]});
    let mut beats = Beat::sampler("2", 1);
    beats.push(Beat::event("execution_error", error));
    let (desk, server) = (Desk::new(), StandIn::start(good(beats)));
    desk.run(&server, &[]).says(3, &["failed: node 2 'ImageScale' (w.json:", "RuntimeError: it broke"]);
    assert_eq!((desk.record()["result"]["end"].as_str(), desk.outputs().len()), (Some("failed"), 0));
}

#[test]
fn memory_that_ran_out_is_explained() {
    let error = json!({"node_id": "2", "node_type": "ImageScale", "exception_type": "torch.OutOfMemoryError",
        "exception_message": "Allocation on device\n", "traceback": [], "executed": []});
    let mut beats = Beat::sampler("2", 1);
    beats.push(Beat::event("execution_error", error));
    let (desk, server) = (Desk::new(), StandIn::start(good(beats)));
    desk.run(&server, &[]).says(3, &["torch.OutOfMemoryError: Allocation on device", "VRAM ran out in node 2"]);
}

#[test]
fn a_record_is_read_again_and_calibrates() {
    let (desk, server) = (Desk::new(), StandIn::start(good(succeeds())));
    let told = desk.run(&server, &["--record", "r.json"]);
    told.says(0, &["success"]);
    let log = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
        command.arg("log").args(args).current_dir(desk.0.path()).env_clear().env("CI", "1");
        Told::of(&command.output().unwrap())
    };
    let shown = log(&["r.json", "--isolated"]);
    shown.says(0, &["success", "held by others", "step of node 2 ImageScale"]);
    assert!(told.out.ends_with(&shown.out), "{}\n{}", told.out, shown.out);
    // 34190917632 bytes in all, 32212254720 free, none of them PyTorch's.
    log(&["r.json", "--calibrate"]).says(0, &["vram-used = \"1887.00MiB\"", "wanlint.toml"]);
    let text = std::fs::read_to_string(desk.0.path().join("wanlint.toml")).unwrap();
    assert!(
        text.contains("gpu = \"NVIDIA GeForce RTX 5090\"") && text.contains("vram-used = \"1887.00MiB\""),
        "{text}"
    );
    log(&["r.json", "--isolated", "--workflow", "w.json"]).says(2, &["leave --workflow out"]);
    log(&["w.json", "--isolated", "--output-format", "json"]).says(0, &[]);
}

#[test]
fn a_refusal_names_the_input_and_its_place() {
    let errors = json!({"2": {"class_type": "ImageScale", "dependent_outputs": ["3"], "errors": [{"type": "value_not_in_list",
        "message": "Value not in list", "details": "crop: 'disabled' not in ['x']", "extra_info": {"input_name": "crop"}}]}});
    let refusal = json!({"error": {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation",
        "details": "", "extra_info": {}}, "node_errors": errors});
    let line = format!("{:#}", workflow()).lines().position(|line| line.contains("\"crop\"")).unwrap() + 1;
    let place = format!("w.json:{line}:");
    let refused = Behaviour { refusal: Some((400, "application/json", refusal.to_string())), ..good(Vec::new()) };
    let (desk, server) = (Desk::new(), StandIn::start(refused));
    desk.run(&server, &[]).says(3, &["failed", &place, "node 2 'ImageScale', input 'crop': Value not in list"]);
    // A part of the outputs alone is no success, and what the server runs of it is taken back.
    let partly = Behaviour { node_errors: Some(errors), ..good(vec![Beat::Forever]) };
    let (desk, server) = (Desk::new(), StandIn::start(partly));
    desk.run(&server, &[]).says(3, &["only a part", &place]);
    assert!(server.until(|state| state.queued().is_empty()));
    let tripped =
        Behaviour { refusal: Some((500, "text/plain", "500 Internal Server Error".to_owned())), ..good(Vec::new()) };
    let (desk, server) = (Desk::new(), StandIn::start(tripped));
    desk.run(&server, &[]).says(3, &["500"]);
    assert_eq!(desk.outputs().len(), 0);
}

#[test]
fn a_server_that_is_none_breaks_the_run_off() {
    for (path, trouble, word) in [
        ("/system_stats", Trouble::Text("<html>"), "not as ComfyUI does"),
        ("/system_stats", Trouble::Half, "broke off"),
        ("/system_stats", Trouble::Noise, "no answer"),
        ("/system_stats", Trouble::Elsewhere("http://127.0.0.1:1/".to_owned()), "another address"),
        ("/object_info", Trouble::Text("{"), "object_info"),
        ("/object_info", Trouble::Status(500, "oops"), "500"),
        ("/view", Trouble::Status(404, ""), "w_00001_.png"),
        ("/view", Trouble::Half, "w_00001_.png"),
    ] {
        let behaviour = Behaviour { troubles: [(path, trouble.clone())].into(), ..good(succeeds()) };
        let (desk, server) = (Desk::new(), StandIn::start(behaviour));
        desk.run(&server, &[]).says(4, &["broke off", word]);
        assert_eq!(desk.outputs(), [""; 0], "{path} {trouble:?}");
    }
    let desk = Desk::new();
    let gone = desk.command(&["--server", "http://127.0.0.1:9"]).output().unwrap();
    Told::of(&gone).says(4, &["broke off", "nothing listens there"]);
    for (server, word) in [("127.0.0.1:8188", "http://"), ("http://me:secret@127.0.0.1:1", "user and a password")] {
        let told = Told::of(&desk.command(&["--server", server]).output().unwrap());
        told.says(2, &["--server", word]);
        assert!(!told.err.contains("secret"));
    }
    Told::of(&desk.command(&[]).output().unwrap()).says(2, &["no server is named"]);
}

#[test]
fn a_server_that_forgets_or_never_comes_to_it_breaks_the_run_off() {
    let restarted = [Beat::sampler("2", 1), vec![Beat::Restart, Beat::Vanish]].concat();
    let (desk, server) = (Desk::new(), StandIn::start(good(restarted)));
    desk.run(&server, &[]).says(4, &["broke off", "knows the prompt no more"]);
    assert_eq!(desk.record()["result"]["end"], "broke");
    let endless = Behaviour { endless: true, others: (vec!["theirs"], vec![]), ..good(Vec::new()) };
    let (desk, server) = (Desk::new(), StandIn::start(endless));
    desk.run(&server, &["--event-timeout", "1"]).says(4, &["waits behind"]);
    assert!(server.until(|state| state.queued().is_empty()));
    let silent = [Beat::sampler("2", 1), vec![Beat::Forever]].concat();
    let (desk, server) = (Desk::new(), StandIn::start(good(silent)));
    desk.run(&server, &["--timeout", "1"]).says(4, &["did not end within 1 s"]);
    assert!(server.until(|state| state.queued().is_empty()));
}

#[test]
fn names_of_outputs_stay_in_the_folder() {
    let evil = ["../../evil.png", "/etc/evil.png", "C:\\evil.png", "con.png", "a\u{1b}[2J.png"];
    let images: Vec<Value> =
        evil.iter().map(|name| json!({"filename": name, "subfolder": "../x", "type": "output"})).collect();
    let behaviour = Behaviour {
        outputs: Some(json!({"3": {"images": images}})),
        files: evil.iter().map(|name| ((*name).to_owned(), PNG.to_vec())).collect(),
        ..good(succeeds())
    };
    let (desk, server) = (Desk::new(), StandIn::start(behaviour));
    let told = desk.run(&server, &[]);
    told.says(0, &["success"]);
    assert!(!told.out.contains('\u{1b}') && !told.err.contains('\u{1b}'), "{told:?}");
    assert_eq!(desk.outputs().len(), evil.len(), "{:?}", desk.outputs());
    let everything = files(desk.0.path());
    assert!(everything.iter().all(|path| path.starts_with("out") || path == Path::new("w.json")), "{everything:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn previews_take_no_memory() {
    let mut beats = Beat::sampler("2", 2);
    beats.push(Beat::Previews { count: 500, size: 1 << 20 });
    beats.extend(Beat::success());
    let (desk, server) = (Desk::new(), StandIn::start(good(beats)));
    let mut child = desk.spawn(&server, &[]);
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let peak =
            text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok());
        most = most.max(peak.unwrap_or_default());
        std::thread::sleep(Duration::from_millis(5));
    }
    Told::of(&child.wait_with_output().unwrap()).says(0, &["success"]);
    assert!(most > 0 && most < 60 * 1024, "{most} KiB");
}

#[cfg(unix)]
#[test]
fn ctrl_c_takes_back_our_prompt_alone() {
    for old in [false, true] {
        let behaviour = Behaviour {
            others: (vec![], vec!["theirs"]),
            ..good([Beat::sampler("2", 1), vec![Beat::Forever]].concat())
        };
        let behaviour = if old { behaviour.old() } else { behaviour };
        let (desk, server) = (Desk::new(), StandIn::start(behaviour));
        let child = desk.spawn(&server, &[]);
        assert!(server.until(|state| state.running.is_some()));
        std::thread::sleep(Duration::from_millis(300));
        let begun = Instant::now();
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        Told::of(&child.wait_with_output().unwrap()).says(130, &["interrupted"]);
        assert!(begun.elapsed() < Duration::from_secs(15) && server.busy().is_empty());
        let ours = sent(&server)[0]["prompt_id"].clone();
        let others = server.asked().into_iter().filter(|(what, body)| {
            let cancels = what.starts_with("POST /interrupt") && body["prompt_id"] != ours;
            cancels || what.starts_with("POST /queue") && body["delete"] != json!([ours])
        });
        assert_eq!(others.collect::<Vec<_>>(), []);
        assert_eq!(desk.record()["result"]["end"], "interrupted");
    }
}

#[test]
fn scripts_read_events() {
    let (desk, server) = (Desk::new(), StandIn::start(good(succeeds())));
    let told = desk.run(&server, &["--output-format", "json-lines"]);
    told.says(0, &[]);
    let events: Vec<Value> = told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    for name in ["checked", "server", "queued", "started", "node", "step", "record", "end"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    assert_eq!((names[0], *names.last().unwrap()), ("checked", "end"));
    assert_eq!(events.last().unwrap()["code"], 0);
    let whole = desk.run(&server, &["--output-format", "json"]);
    whole.says(0, &[]);
    let record: Value = serde_json::from_str(&whole.out).unwrap();
    assert_eq!(record["result"]["end"], "success");
}

#[test]
fn every_turn_has_a_seed_of_its_own() {
    let (desk, server) = (Desk::new(), StandIn::start(good(succeeds())));
    desk.run(&server, &["--repeat", "3", "--seed", "41"]).says(0, &[]);
    let seeds: Vec<Value> = sent(&server).iter().map(|body| body["prompt"]["1"]["inputs"]["seed"].clone()).collect();
    assert_eq!(seeds, [json!(41), json!(42), json!(43)]);
    assert_eq!(desk.outputs().len(), 3);
    desk.run(&server, &["--repeat", "2"]).says(2, &["--repeat needs --seed"]);
}

#[test]
fn the_key_goes_to_paid_nodes_alone_and_is_never_shown() {
    const KEY: &str = "comfyui-0123456789abcdef0123456789abcdef";
    let run = |paid: bool| {
        let mut info = object_info();
        if paid {
            info["NoisyImage"]["api_node"] = json!(true);
            info["NoisyImage"]["python_module"] = json!("comfy_api_nodes.nodes_x");
        }
        let behaviour = Behaviour { object_info: Some(info.to_string()), ..good(succeeds()) };
        let (desk, server) = (Desk::new(), StandIn::start(behaviour));
        let mut command = desk.command(&["--server", &server.url(), "--output-format", "json-lines"]);
        let told = Told::of(&command.env("COMFY_API_KEY", KEY).output().unwrap());
        told.says(0, &[]);
        assert!(!told.out.contains(KEY) && !told.err.contains(KEY) && !desk.record().to_string().contains(KEY));
        sent(&server)[0]["extra_data"]["api_key_comfy_org"].clone()
    };
    assert_eq!((run(true), run(false)), (json!(KEY), Value::Null));
}

#[test]
fn a_picture_that_gets_another_name_is_not_used() {
    let mut loads = workflow();
    loads["1"] = json!({"class_type": "LoadImage", "inputs": {"image": "a.png"}});
    let (desk, server) = (Desk::with(&loads), StandIn::start(good(succeeds())));
    std::fs::write(desk.0.path().join("start.png"), PNG).unwrap();
    desk.run(&server, &["--image", "start.png"]).says(4, &["stored it as 'stored.png'"]);
    let uploads = server.state().uploads.len();
    assert_eq!((uploads, sent(&server).len()), (1, 0));
}

#[test]
fn flags_of_the_script_are_held_against_the_server() {
    let (desk, server) = (Desk::new(), StandIn::start(good(succeeds())));
    std::fs::write(desk.0.path().join("launch.sh"), "python main.py --lowvram --listen 127.0.0.1\n").unwrap();
    desk.run(&server, &["--launch", "launch.sh"]).says(0, &["the script has --lowvram, the server runs without it"]);
    desk.run(&server, &["--launch", "launch.sh", "--fail-on", "warning"]).says(1, &["other flags than the script"]);
    assert_eq!(sent(&server).len(), 1);
}
