//! LAUNCH011-013, 021, 027 and 033: flags that keep a workflow from fitting, or weights from the card. Each is forecast with the flag
//! and without it, at both ends of what is not known exactly.

use super::headroom;
use super::memory::{self, Answer};
use crate::facts::launch::Flag;
use crate::facts::os::Os;
use crate::finding::{FileIx, Finding, Location, Severity};
use crate::forecast::setting::{Attention, Dtype, VramMode};
use crate::forecast::{Forecast, MemoryFlags, Regime, Setting, forecast};
use crate::project::File;
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::ProjectView;
use crate::targets::{Target, Variant};
use crate::text::mib_range;

/// Headroom that says a card fits a model without doubt, MiB.
const AMPLE_MIB: f64 = 1536.0;

/// System memory besides all models of a workflow that is called ample, MiB.
const REST_MIB: f64 = 16384.0;

/// `--highvram` or `--gpu-only`: the diffusion models alone are too much to keep.
pub fn high_vram(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let wanted = |target: &Target| matches!(target.flags.vram, VramMode::High | VramMode::GpuOnly);
    let claim = |target: &Target, variant: &Variant, at: &Forecast| {
        let high = with(target, variant, at, |flags| flags.vram = VramMode::High);
        exceeds(at) && exceeds(&high) && !exceeds(&normal(target, variant, at))
    };
    judge(view, (&["--highvram", "--gpu-only"], wanted), claim, rule, sink);
}

/// `--gpu-only`: only the text encoder and the VAE beside them are too much.
pub fn gpu_only(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let wanted = |target: &Target| target.flags.vram == VramMode::GpuOnly;
    let claim = |target: &Target, variant: &Variant, at: &Forecast| {
        exceeds(at) && !exceeds(&with(target, variant, at, |flags| flags.vram = VramMode::High))
    };
    judge(view, (&["--gpu-only"], wanted), claim, rule, sink);
}

/// `--novram`: every weight is streamed although all would fit.
pub fn no_vram(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let wanted = |target: &Target| target.flags.vram == VramMode::No;
    let claim = |target: &Target, variant: &Variant, at: &Forecast| fits_well(&normal(target, variant, at));
    judge(view, (&["--novram"], wanted), claim, rule, sink);
}

/// Split and quad attention: the estimate grows so much that weights are pushed off the card.
pub fn split_attention(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let wanted = |target: &Target| matches!(target.flags.attention, Attention::Split | Attention::Quad);
    let claim = |target: &Target, variant: &Variant, at: &Forecast| {
        let plain = with(target, variant, at, |flags| flags.attention = Attention::Default);
        at.regime == Regime::Static && memory::is_short(at) && !memory::is_short(&plain)
    };
    judge(view, (&["--use-split-cross-attention", "--use-quad-cross-attention"], wanted), claim, rule, sink);
}

/// `--fp32-vae`: encoding or decoding no longer fits in one piece.
pub fn fp32_vae(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let wanted = |target: &Target| target.flags.vae_dtype == Some(Dtype::Fp32);
    let claim = |target: &Target, variant: &Variant, at: &Forecast| {
        let own = with(target, variant, at, |flags| flags.vae_dtype = None);
        vae_is_short(at) && !vae_is_short(&own)
    };
    judge(view, (&["--fp32-vae"], wanted), claim, rule, sink);
}

/// `--disable-async-offload` and `--disable-pinned-memory` while weights are streamed, with enough system memory to pin.
pub fn slow_streaming(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let names = &["--disable-async-offload", "--disable-pinned-memory"];
    let ample = view.machine.ram_mib;
    let given = view.files.iter().flat_map(File::launches).any(|launch| has(&launch.flags, names));
    if ample.is_none() && given {
        sink.not_checked(rule, Need::Ram);
        return;
    }
    let claim = |_: &Target, _: &Variant, at: &Forecast| {
        let streamed = memory::sampling(at).map(|phase| phase.streamed_mib).fold(0.0, f64::max);
        streamed > 0.0 && !exceeds(at) && ample.is_some_and(|ram| ram > 4.0 * streamed)
    };
    judge(view, (names, |_| true), claim, rule, sink);
}

/// `--vram-headroom`, and `--reserve-vram` from v0.25.0: under dynamic VRAM weights are streamed only because of them.
pub fn dynamic_headroom(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let wanted = |target: &Target| target.flags.vram_headroom_gib > 0.0 || target.flags.reserve_gib.is_some();
    let claim = |target: &Target, variant: &Variant, at: &Forecast| {
        let plain = with(target, variant, at, |flags| {
            (flags.vram_headroom_gib, flags.reserve_gib) = (0.0, None);
        });
        at.regime == Regime::Dynamic && !exceeds(at) && memory::is_short(at) && surely_fits(&plain)
    };
    let offer = |target: &Target, (file, flag): (FileIx, &Flag), finding: &mut Finding| {
        headroom::offer(view, target, (file, flag), surely_fits, finding);
    };
    judge_and(view, (&["--vram-headroom", "--reserve-vram"], wanted), (claim, offer), rule, sink);
}

/// Nothing is streamed, whatever the working memory within its range.
fn surely_fits(at: &Forecast) -> bool {
    memory::sampling(at).all(|phase| phase.streamed_mib == 0.0 && !phase.exceeds)
}

/// `--fast-disk`: weights are read from the disk at every step, and system memory would hold them all.
pub fn fast_disk(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let names = &["--fast-disk"];
    let ample = view.machine.ram_mib;
    let given = view.files.iter().flat_map(File::launches).any(|launch| has(&launch.flags, names));
    if ample.is_none() && given {
        sink.not_checked(rule, Need::Ram);
        return;
    }
    let claim = |target: &Target, _: &Variant, at: &Forecast| {
        let models: f64 = super::flag_for_ram::sizes(target).iter().sum();
        at.regime == Regime::Dynamic && memory::is_short(at) && ample.is_some_and(|ram| ram > models + REST_MIB)
    };
    judge(view, (names, |_| true), claim, rule, sink);
}

/// Asks the claim of every target that has one of the flags, and reports at the flag.
fn judge(
    view: &ProjectView,
    about: (&[&str], impl Fn(&Target) -> bool),
    claim: impl Fn(&Target, &Variant, &Forecast) -> bool,
    rule: &'static Rule,
    sink: &mut Sink,
) {
    judge_and(view, about, (claim, |_: &Target, _: (FileIx, &Flag), _: &mut Finding| {}), rule, sink);
}

/// As [`judge`]; more may be offered at each finding.
fn judge_and(
    view: &ProjectView,
    (names, wanted): (&[&str], impl Fn(&Target) -> bool),
    (claim, offer): (impl Fn(&Target, &Variant, &Forecast) -> bool, impl Fn(&Target, (FileIx, &Flag), &mut Finding)),
    rule: &'static Rule,
    sink: &mut Sink,
) {
    let flag_of = |target: &Target| target.starts(view.files).any(|(_, launch)| has(launch.flags.as_slice(), names));
    for target in view.targets.iter().filter(|target| wanted(target) && flag_of(target)) {
        if memory::not_forecast(target, rule, sink) {
            continue;
        }
        match memory::ask(target, |variant, at| claim(target, variant, at)) {
            Answer::Never => {}
            Answer::Unknown(need) => sink.not_checked(rule, need),
            answer => {
                let offer = |flag: (FileIx, &Flag), finding: &mut Finding| offer(target, flag, finding);
                report(view, (target, names), (answer == Answer::Always, offer), rule, sink);
            }
        }
    }
}

fn has(flags: &[Flag], names: &[&str]) -> bool {
    flags.iter().any(|flag| flag.name.is_some_and(|name| names.contains(&name)))
}

fn report(
    view: &ProjectView,
    (target, names): (&Target, &[&str]),
    (always, offer): (bool, impl Fn((FileIx, &Flag), &mut Finding)),
    rule: &'static Rule,
    sink: &mut Sink,
) {
    let Some(variant) = target.shown() else { return };
    let (worst, best) = (&variant.forecast.worst, &variant.forecast.best);
    let plain = |at: &Forecast| normal(target, variant, at).headroom_mib.unwrap_or_default();
    let peak = |at: &Forecast| at.peak_mib.unwrap_or_default();
    for (place, launch) in target.starts(view.files) {
        let named = |flag: &&Flag| flag.name.is_some_and(|name| names.contains(&name));
        let Some(flag) = launch.flags.iter().find(named) else { continue };
        let fill = [
            ("flag", flag.name.unwrap_or_default().to_owned()),
            ("gpu", view.machine.gpu.clone().unwrap_or_else(|| "card".to_owned())),
            ("total", mib_range((worst.total_mib, best.total_mib))),
            ("peak", mib_range((peak(best), peak(worst)))),
            ("headroom", mib_range((plain(worst), plain(best)))),
            ("streamed", memory::figure(variant, |phase| phase.streamed_mib)),
            ("size", memory::tightest(worst).map(memory::size).unwrap_or_default()),
        ];
        let name = target.name_on(view.files, &[place]);
        let finding = sink.fire(rule, Location { file: place.0, span: flag.whole }, &fill);
        finding.graded(severity(rule, variant, always));
        finding.in_target(name, place.1);
        offer((place.0, flag), finding);
    }
}

/// Where a rule is about memory that runs out, Windows only pages; what does not hold over the whole range is worth knowing.
fn severity(rule: &Rule, variant: &Variant, always: bool) -> Severity {
    match (always, rule.severity, variant.setting.os) {
        (false, ..) => Severity::Info,
        (true, Severity::Error, Os::Windows) => Severity::Warning,
        (true, severity, _) => severity,
    }
}

/// The same corner with other flags.
fn with(target: &Target, variant: &Variant, at: &Forecast, change: impl Fn(&mut MemoryFlags)) -> Forecast {
    let mut setting = Setting { total_mib: at.total_mib, others_mib: at.others_mib, ..variant.setting.clone() };
    change(&mut setting.flags);
    // A target without work has no variants, so the empty plan is never used.
    target.work.as_ref().map_or_else(|_| forecast(&Default::default(), &setting), |work| forecast(&work.plan, &setting))
}

fn normal(target: &Target, variant: &Variant, at: &Forecast) -> Forecast {
    with(target, variant, at, |flags| flags.vram = VramMode::Normal)
}

fn exceeds(at: &Forecast) -> bool {
    memory::sampling(at).any(|phase| phase.exceeds)
}

fn vae_is_short(at: &Forecast) -> bool {
    at.phases.iter().any(|phase| phase.work.is_vae() && (phase.exceeds || phase.tiled))
}

fn fits_well(at: &Forecast) -> bool {
    !memory::is_short(at) && memory::sampling(at).all(|phase| phase.headroom_mib.is_some_and(|room| room > AMPLE_MIB))
}
