//! Scripts in the encodings of Windows: what is read, what is a fault, and where it lies in the file.

use super::{Folder, Run};

fn utf16(text: &str) -> Vec<u8> {
    [vec![0xff, 0xfe], text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat()
}

fn check(name: &str, bytes: &[u8]) -> Run {
    Folder::with(name, bytes).check(&[name])
}

#[track_caller]
fn silent(name: &str, bytes: &[u8]) {
    let run = check(name, bytes);
    run.says(0, &[]);
    assert!(!run.out.contains("INPUT"), "{}", run.out);
}

#[test]
fn letters_that_start_nothing_are_no_fault() {
    silent("a.bat", b"rem M\xfcller\r\necho gr\xfc\xdfe\r\ntitle \xe9\r\npython main.py\r\n");
    silent("a.bat", b"rem \xcf\xe5\xf0\xe5\xe7\xe0\xef\xf3\xf1\xea\r\npython main.py\r\n");
    silent("a.sh", b"# caf\xe9\necho \xe9\npython main.py\n");
    silent("a.ps1", b"Write-Host 'caf\xe9'\npython main.py\n");
    // A script that starts no ComfyUI.
    silent("a.bat", b"cd M\xfcller\r\n");
}

#[test]
fn letters_in_a_path_mean_something_else_on_another_machine() {
    let run = check("a.bat", b"cd C:\\M\xfcller\r\npython main.py\r\n");
    run.says(0, &["warning[INPUT002]", "a.bat:1:8", "code page 1252, which is assumed", "chcp 65001"]);
    let run = check("a.bat", b"set D=C:\\M\xfcller\r\n%D%\\python.exe main.py\r\n");
    run.says(0, &["INPUT002", "a.bat:1:11"]);
    silent("a.bat", b"chcp 1252 >nul\r\ncd C:\\M\xfcller\r\npython main.py\r\n");
    silent("a.bat", "chcp 65001\r\ncd C:\\M\u{fc}ller\r\npython main.py\r\n".as_bytes());
    check("a.py", b"# \xfc\nimport subprocess\nsubprocess.run(['python', 'main.py'])\n")
        .says(0, &["INPUT002", "a.py:1:3"]);
    silent("a.py", b"# coding: latin-1 \xfc\nimport subprocess\nsubprocess.run(['python', 'main.py'])\n");
}

#[test]
fn utf16_is_read_and_judged_by_who_reads_it() {
    let launch = "python ComfyUI/main.py --no-such-flag\r\n";
    check("a.bat", &utf16(launch)).says(1, &["error[INPUT002]", "cmd does not run", "LAUNCH001", "a.bat:1:24"]);
    let run = check("a.ps1", &utf16(launch));
    run.says(0, &["LAUNCH001", "a.ps1:1:24"]);
    assert!(!run.out.contains("INPUT002"), "{}", run.out);
    check("a.ps1", &utf16(launch)[2..]).says(1, &["error[INPUT002]", "byte-order mark", "LAUNCH001"]);
    check("a.sh", &utf16(launch)).says(1, &["error[INPUT002]", "no shell"]);
}

#[test]
fn offsets_are_bytes_of_the_file() {
    let offset = |name: &str, bytes: &[u8]| {
        let run = Folder::with(name, bytes).check(&[name, "--select", "LAUNCH001", "--output-format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        let finding = &report["findings"][0];
        ["start", "end"].map(|end| finding[end]["offset"].as_u64().unwrap() as usize)
    };
    let text = "rem \u{fc}\u{1f389}\r\npython ComfyUI/main.py --no-such-flag\r\n";
    let bytes = utf16(text);
    let [start, end] = offset("a.ps1", &bytes);
    assert_eq!(bytes[start..end], utf16("--no-such-flag")[2..]);

    let bytes = b"chcp 936\r\nrem \xd6\xd0\xce\xc4\r\npython ComfyUI/main.py --no-such-flag\r\n";
    let [start, end] = offset("a.bat", bytes);
    assert_eq!(&bytes[start..end], b"--no-such-flag");
}

#[test]
fn a_workflow_in_utf16_is_read_all_the_same() {
    let folder = Folder::with("w.json", utf16(&super::workflow("\"length\": 81", "\"length\": 80")));
    folder.check(&["w.json"]).says(1, &["error[INPUT002]", "UTF-16", "WF010"]);
}
