//! What is made to exhaust a reader: a clear word, and less than 200 MB of memory for each.

use super::Folder;

/// Most memory that a run may take, MiB.
#[cfg(target_os = "linux")]
const MOST: u64 = 200;

/// Checks a file, with the most memory that the process had in MiB: the system counts it up to the end.
#[track_caller]
fn checked(name: &str, bytes: &[u8], code: i32, words: &[&str]) {
    let folder = Folder::with(name, bytes);
    let args = ["check", "--no-detect", "--isolated", "--fail-on", "warning", name];
    let mut command = folder.command(&args);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let watch = std::thread::spawn({
        let id = child.id();
        move || peak(id)
    });
    let output = child.wait_with_output().unwrap();
    let run = super::seen(&output, &args);
    run.says(code, words);
    assert!(run.out.len() < 20_000, "{} bytes of report", run.out.len());
    let most = watch.join().unwrap();
    #[cfg(target_os = "linux")]
    assert!(most < MOST, "{name}: {most} MiB");
}

#[cfg(target_os = "linux")]
fn peak(id: u32) -> u64 {
    let mut most = 0;
    while let Ok(text) = std::fs::read_to_string(format!("/proc/{id}/status")) {
        let Some(line) = text.lines().find(|line| line.starts_with("VmHWM:")) else { break };
        most = line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024;
        std::thread::sleep(std::time::Duration::from_micros(500));
    }
    most
}

#[cfg(not(target_os = "linux"))]
fn peak(_: u32) -> u64 {
    0
}

#[test]
fn as_much_json_as_is_read() {
    let values = format!("{{\"nodes\": [{}0]}}", "0,".repeat(30 << 20));
    checked("values.json", values.as_bytes(), 1, &["INPUT003", "more than 4000000 values"]);
    let text = format!("{{\"1\": {{\"class_type\": \"X\", \"inputs\": {{\"a\": \"{}\"}}}}}}", "a".repeat(60 << 20));
    checked("text.json", text.as_bytes(), 0, &["in 1 file"]);
    let node =
        |id: usize| format!("\"{id}\":{{\"class_type\":\"KSampler\",\"inputs\":{{\"model\":[\"{}\",0]}}}}", id + 1);
    let nodes: Vec<String> = (0..500_000).map(node).collect();
    checked("nodes.json", format!("{{{}}}", nodes.join(",")).as_bytes(), 1, &["INPUT003", "more than"]);
}

#[test]
fn graphs_without_end() {
    let circle = r#"{"nodes":[{"id":1,"type":"a"}],"links":[],"definitions":{"subgraphs":[{"id":"a","name":"A","nodes":[{"id":1,"type":"a"},{"id":2,"type":"a"}],"links":[]}]}}"#;
    checked("circle.json", circle.as_bytes(), 1, &["WF066", "subgraphs that cannot be read are not followed"]);
    let mixed = r#"{"nodes":[{"id":1,"type":"EmptyImage","outputs":[{"type":"IMAGE","links":[1]}]},{"id":"2","type":"SaveImage","inputs":[{"name":"images","type":"IMAGE","link":1}],"widgets_values":["a"]},
      {"id":null,"type":"Note"},{"id":[1],"type":"Note"}],"links":[[1,"1",0,2,0,"IMAGE"],[2,99,0,2,7,"IMAGE"],[null],"x",{"id":3}]}"#;
    checked("mixed.json", mixed.as_bytes(), 0, &["in 1 file"]);
    let nowhere = r#"{"1":{"class_type":"SaveImage","inputs":{"images":["99",0],"filename_prefix":"a"}}}"#;
    checked("nowhere.json", nowhere.as_bytes(), 1, &["error[WF004]"]);
}

#[test]
fn headers_that_lie() {
    let safetensors = [&(1_u64 << 63).to_le_bytes()[..], b"{}"].concat();
    checked("lie.safetensors", &safetensors, 1, &["MODEL019", "lie.safetensors"]);
    let gguf = [&b"GGUF"[..], &3_u32.to_le_bytes(), &(1_u64 << 60).to_le_bytes(), &0_u64.to_le_bytes()].concat();
    checked("lie.gguf", &gguf, 1, &["MODEL019", "lie.gguf"]);
    let png = [b"\x89PNG\r\n\x1a\n", &[0x7f, 0xff, 0xff, 0xff][..], b"tEXtprompt\0{}"].concat();
    checked("lie.png", &png, 1, &["INPUT001", "claims 2147483647 bytes"]);
    let mp4 = [&[0, 0, 0, 16][..], b"ftypisom\0\0\0\0", &[0, 0, 0, 16], b"mdat12345678"].concat();
    checked("cut.mp4", &mp4, 1, &["INPUT001", "ends without 'moov'"]);
}
