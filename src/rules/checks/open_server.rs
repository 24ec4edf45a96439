//! SEC001, SEC003, SEC004: who can reach the server.

use std::net::IpAddr;

use crate::discover::Kind;
use crate::facts::launch::{Flag, Launch};
use crate::finding::{Location, Severity};
use crate::fix::{Act, Verb};
use crate::project::{Content, File};
use crate::read::script::{Container, Dialect};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{LaunchView, ProjectView};
use crate::span::Span;

/// How far a listening address reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// This machine only, or a name that is not known.
    Here,
    /// The local network.
    Local,
    /// Every network the machine is in.
    Everyone,
}

/// SEC001: an error for all interfaces; info for an address of the local network and where a container stands between.
pub fn exposed(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for (index, file) in view.files.iter().enumerate().filter(|(_, file)| file.checked) {
        for launch in file.launches() {
            let Some(flag) = launch.flag("--listen").filter(|flag| flag.values.iter().all(|word| word.known)) else {
                continue;
            };
            let reach = reach(flag);
            if reach == Reach::Here || published_here_only(file, launch.span) {
                continue;
            }
            let fill = [("address", address(flag))];
            let place = Location { file: index, span: flag.whole };
            let finding = sink.fire(rule, place, &fill);
            if reach == Reach::Local || in_container(view, file) {
                finding.graded(Severity::Info);
            } else {
                let here = Act::At(Verb::SetFlag, place, "127.0.0.1".to_owned());
                finding.offer("this-machine", vec![here], &fill);
            }
        }
    }
}

/// SEC003: open to everyone and to every origin.
pub fn open_twice(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let Some(listen) = view.launch.flag("--listen").filter(|flag| reach(flag) == Reach::Everyone) else { return };
    let Some(cors) = view.launch.flag("--enable-cors-header") else { return };
    if cors.value().is_none_or(|value| value.known && value.text == "*") {
        sink.fire(rule, view.at(cors.whole), &[("address", address(listen))])
            .relate(view.at(listen.whole), "open to the network here");
    }
}

/// SEC004: one of the two files of TLS.
pub fn half_tls(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let has = |launch: &Launch, flag: &str| launch.flag(flag).is_some();
    for (given, missing) in [("--tls-keyfile", "--tls-certfile"), ("--tls-certfile", "--tls-keyfile")] {
        if let Some(flag) = view.launch.flag(given)
            && !has(view.launch, missing)
            && !view.launch.unknown_args
        {
            let fill = [("flag", given.to_owned()), ("other", missing.to_owned())];
            sink.fire(rule, view.at(flag.whole), &fill);
        }
    }
}

fn address(flag: &Flag) -> String {
    flag.value().map_or("all interfaces".to_owned(), |value| value.text.clone())
}

fn reach(flag: &Flag) -> Reach {
    let Some(value) = flag.value() else { return Reach::Everyone };
    if !value.known {
        return Reach::Here;
    }
    value.text.split(',').map(|part| reach_of(part.trim().trim_matches(['[', ']']))).max().unwrap_or(Reach::Here)
}

fn reach_of(address: &str) -> Reach {
    match address.parse::<IpAddr>() {
        Err(_) => Reach::Here,
        Ok(address) if address.is_loopback() => Reach::Here,
        Ok(IpAddr::V4(v4)) if v4.is_private() || v4.is_link_local() || is_shared(v4.octets()) => Reach::Local,
        Ok(IpAddr::V6(v6)) if (v6.segments()[0] & 0xfe00) == 0xfc00 || (v6.segments()[0] & 0xffc0) == 0xfe80 => {
            Reach::Local
        }
        Ok(_) => Reach::Everyone,
    }
}

/// 100.64.0.0/10: private networks such as Tailscale's.
fn is_shared(octets: [u8; 4]) -> bool {
    octets[0] == 100 && (64..128).contains(&octets[1])
}

/// The compose service of a start publishes no port beyond this machine.
fn published_here_only(file: &File, start: Span) -> bool {
    // A Dockerfile does not say what is published, a unit has nothing to publish.
    let Content::Script(script) = &file.content else { return false };
    if script.script.dialect != Dialect::Compose {
        return false;
    }
    let before = script.script.containers.iter().filter(|container| container.span.start <= start.start);
    let container = before.max_by_key(|container| container.span.start);
    container.is_some_and(|container| container.host_network.is_none() && !publishes(container))
}

/// True when some port is open beyond this machine: `8188:8188`, but not `127.0.0.1:8188:8188`.
pub(super) fn publishes(container: &Container) -> bool {
    let here = |port: &str| port.starts_with("127.") || port.starts_with("localhost:") || port.starts_with("[::1]");
    container.ports.iter().any(|port| port.known && !here(&port.text))
}

/// Inside a container the server must listen on all interfaces; what counts is the published port.
fn in_container(view: &ProjectView, file: &File) -> bool {
    let is_image = |kind: Kind| matches!(kind, Kind::Script(Dialect::Dockerfile | Dialect::Compose));
    let name = file.source.path().file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let beside = view.files.iter().any(|other| is_image(other.kind) && file.folder().starts_with(other.folder()));
    file.kind != Kind::Script(Dialect::Compose)
        && (beside || is_image(file.kind) || name.contains("entrypoint") || name.contains("docker"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::script::Word;

    #[test]
    fn reach_of_addresses() {
        for (text, reach) in [
            ("0.0.0.0", Reach::Everyone),
            ("::", Reach::Everyone),
            ("127.0.0.1", Reach::Here),
            ("::1", Reach::Here),
            ("localhost", Reach::Here),
            ("192.168.1.5", Reach::Local),
            ("100.100.1.1", Reach::Local),
            ("fd00::1", Reach::Local),
            ("8.8.8.8", Reach::Everyone),
        ] {
            assert_eq!(reach_of(text), reach, "{text}");
        }
    }

    #[test]
    fn ports_of_containers() {
        let container = |port: &str| Container { ports: vec![Word::plain(port, 0)], ..Container::default() };
        assert!(publishes(&container("8188:8188")) && publishes(&container("0.0.0.0:8188:8188")));
        assert!(!publishes(&container("127.0.0.1:8188:8188")) && !publishes(&Container::default()));
    }
}
