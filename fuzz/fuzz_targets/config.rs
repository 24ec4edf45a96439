//! `wanlint.toml`: its text, the places of its entries, and what is joined with the command line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wanlint::config::Config;
use wanlint::discover::patterns;
use wanlint::facts::machine::Machine;
use wanlint::rules::select::Selection;

fuzz_target!(|text: &str| {
    let Ok(config) = Config::parse("wanlint.toml".as_ref(), text) else { return };
    for allow in &config.allow {
        assert!(text.get(allow.span()).is_some());
        let lines: Vec<String> = allow.get_ref().path.iter().cloned().collect();
        let _ = patterns(".".as_ref(), &lines);
    }
    let _ = patterns(".".as_ref(), &config.check.exclude);
    let _ = Selection::new(&config.check.select, &config.check.ignore, &config.check.extend_select);
    if let Ok(machine) = Machine::new(&config.machine, |_| None) {
        let _ = (machine.total_mib(None), machine.others_mib(None), machine.host.driver_branch());
    }
});
