//! `check --output-format html`, and both pages in a browser.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{KEPT, WORKFLOW, json, stdout, wanlint};

fn page(args: &[&str]) -> String {
    stdout(&[&["check", "--exit-zero", "--output-format", "html"], args].concat())
}

/// The page without what changes for reasons of its own, a tag a line.
fn lines(page: &str) -> String {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    let version = concat!("wanlint ", env!("CARGO_PKG_VERSION"));
    format!("{head}<style></style>{body}").replace(version, "wanlint VERSION").replace("><", ">\n<")
}

#[test]
fn check_as_a_page() {
    let page = page(&[KEPT, "--select", "LAUNCH018"]);
    // Nothing is fetched, nothing runs.
    for word in ["<script", " src=", "url(", "@import", "onload", "<link rel=\"stylesheet\""] {
        assert!(!page.contains(word), "{word}");
    }
    insta::assert_snapshot!(lines(&page));
}

/// Every finding of the JSON report stands on the page, at its place, with what it says.
#[test]
fn page_holds_every_finding() {
    let page = page(&["fixtures/rtx5090"]);
    let report = json(&["check", "fixtures/rtx5090", "--exit-zero", "--output-format", "json"]);
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.len() > 5);
    for finding in findings {
        let place = format!(
            "{}:{}:{}",
            finding["path"].as_str().unwrap(),
            finding["start"]["line"],
            finding["start"]["column"]
        );
        assert!(page.contains(&format!("<span class=\"path\">{place}</span>")), "{place}");
        assert!(page.contains(&format!("<div id=\"{}\">", finding["code"].as_str().unwrap())), "{finding}");
        for fix in finding["fixes"].as_array().unwrap() {
            let title =
                fix["title"].as_str().unwrap().replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            assert!(page.contains(&title), "{title}");
        }
    }
    assert_eq!(page.matches("<article class=\"finding ").count(), findings.len());
    assert_eq!(page.matches("<svg class=\"timeline\"").count(), report["forecasts"].as_array().unwrap().len());
    let needs = report["summary"]["not_checked"].as_array().unwrap();
    assert_eq!(page.split_once("id=\"not-checked\"").unwrap().1.matches("<dt>").count(), needs.len());
}

#[test]
fn page_escapes_what_files_say() {
    let folder = tempfile::tempdir().unwrap();
    let script =
        "set HF_TOKEN=sesame123 & python main.py --normalvram --reserve-vram 4 --lowvrm \"<img src=x>\" --lowvram\r\n";
    std::fs::write(folder.path().join("<b>start.bat"), script).unwrap();
    let text = std::fs::read_to_string(format!("{}/{WORKFLOW}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let text = text.replace("KSampler (Advanced) - high noise", "<script>alert(1)</script>");
    std::fs::write(folder.path().join("w.json"), text).unwrap();
    let page = page(&[folder.path().to_str().unwrap(), "--isolated", "--gpu", "RTX 5090", "--comfyui", "0.3.70"]);
    for word in ["<b>start", "<script", "<img", "sesame123"] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("&lt;b&gt;start.bat") && page.contains("&lt;script&gt;"), "{page}");
    // The secret is masked in the lines of a change too.
    let change = page.split_once("class=\"row gone\"").unwrap().1;
    assert!(change.contains("HF_TOKEN=ses***"), "{change}");
}

/// Thousands of findings: the worst are shown, the others counted, and no one is lost.
#[test]
fn large_pages_stay_bounded() {
    let folder = tempfile::tempdir().unwrap();
    for file in 0..40 {
        let fault = if file == 39 { "--lowvram --highvram" } else { "--preview-size 512 --preview-size 256" };
        std::fs::write(folder.path().join(format!("{file:02}.bat")), format!("python main.py {fault}\r\n").repeat(40))
            .unwrap();
    }
    let args = [folder.path().to_str().unwrap(), "--isolated", "--comfyui", "0.3.70"];
    let report = json(&[&["check", "--exit-zero", "--output-format", "json"], &args[..]].concat());
    let findings = report["findings"].as_array().unwrap();
    let errors = findings.iter().filter(|finding| finding["severity"] == "error").count();
    assert!(findings.len() > 1000 && (1..500).contains(&errors), "{} {errors}", findings.len());
    let page = page(&args);
    assert_eq!(page.matches("<article class=\"finding ").count(), 500);
    assert_eq!(page.matches("<article class=\"finding error\"").count(), errors, "the worst come first");
    let links = page.split_once("<nav>").unwrap().1;
    assert!(links.find(">39.bat<").unwrap() < links.find(">00.bat<").unwrap(), "and so do their files");
    let rest = page.split_once("Not shown one by one").unwrap().1;
    let counts = rest.split("<td class=\"amount\">").skip(1).map(|cell| cell.split_once('<').unwrap().0);
    let counted: usize = counts.map(|count| count.parse::<usize>().unwrap()).sum();
    assert_eq!(counted + 500, findings.len());
    assert!(page.len() < 2_000_000, "{}", page.len());
}

/// What a browser says about a page.
struct Seen {
    dom: String,
    complaints: Vec<String>,
    requests: Vec<String>,
}

/// Loads a page in a browser that has no way out; `None` when it does not finish.
fn load(browser: &str, page: &Path, folder: &Path) -> Option<Seen> {
    let net = folder.join("net.json");
    let output = Command::new("timeout")
        .args(["90", browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--dump-dom"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"])
        .arg("--enable-logging=stderr")
        .arg(format!("--user-data-dir={}", tempfile::tempdir_in(folder).unwrap().keep().display()))
        .arg(format!("--log-net-log={}", net.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let log = std::fs::read_to_string(&net).unwrap_or_default();
    let asked = |line: &&str| line.contains("\"initiator\":\"file") || line.contains("\"initiator\":\"null");
    let seen = Seen {
        dom: String::from_utf8_lossy(&output.stdout).into_owned(),
        complaints: said.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect(),
        requests: log.lines().filter(asked).filter(|line| line.contains("\"url\":\"http")).map(str::to_owned).collect(),
    };
    output.status.success().then_some(seen)
}

/// Neither page complains or asks for anything. A page that does both shows that it would be seen.
#[test]
fn pages_load_in_a_browser() {
    let there =
        |name: &&str| Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    let Some(browser) = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(there) else {
        println!("skipped: no chromium, chromium-browser or google-chrome");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let [bad, check, vram] = ["bad", "check", "vram"].map(|name| folder.path().join(format!("{name}.html")));
    std::fs::write(&bad, "<img src='http://127.0.0.1:9/x.png'><script>console.error('x')</script>").unwrap();
    let Some(seen) = load(browser, &bad, folder.path()) else {
        println!("skipped: {browser} does not work here");
        return;
    };
    assert!(!seen.complaints.is_empty() && !seen.requests.is_empty(), "{:?} {:?}", seen.complaints, seen.requests);
    wanlint(&["check", "fixtures/rtx5090", "--output-format", "html", "-o", check.to_str().unwrap()]);
    stdout(&["vram", WORKFLOW, "--gpu", "RTX 5090", "--launch", KEPT, "--fit", "--html", vram.to_str().unwrap()]);
    for (page, words) in [(&check, "Not checked"), (&vram, "Phase by phase")] {
        let seen = load(browser, page, folder.path()).expect("the page loads");
        assert!(seen.dom.contains(words) && seen.dom.contains("</svg>"), "{}", seen.dom);
        assert!(seen.complaints.is_empty(), "{:?}", seen.complaints);
        assert!(seen.requests.is_empty(), "{:?}", seen.requests);
    }
}
