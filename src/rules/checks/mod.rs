//! Rules that need code: one file each, named in the rule's TOML by `check = "name"`. Their texts stay there.

mod compile_short_run;
mod exclusive_flags;
mod experts_swapped;
mod file_faults;
mod leftover_noise_off;
mod lora_swapped;
mod memory;
mod newer_flag;
mod noise_added_twice;
mod noop_flag;
mod removed_flag;
mod reserve_offloads;
mod small_margin;
mod stage_gap;
mod torch_compile_env;
mod unknown_flag;
mod vae_mismatch;
mod vae_peak;
mod weights_offload;

use super::Rule;
use super::sink::Sink;
use super::view::{FileView, LaunchView, ProjectView, WorkflowView};

/// A check of one file.
pub type OnFile = fn(&FileView, &'static Rule, &mut Sink);
/// A check of one start of ComfyUI.
pub type OnLaunch = fn(&LaunchView, &'static Rule, &mut Sink);
/// A check of one workflow.
pub type OnWorkflow = fn(&WorkflowView, &'static Rule, &mut Sink);
/// A check of pairs: everything is shown to it.
pub type OnProject = fn(&ProjectView, &'static Rule, &mut Sink);

/// A check with what it watches.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// Asked about every file.
    File(OnFile),
    /// Asked about every start.
    Launch(OnLaunch),
    /// Asked about every workflow.
    Workflow(OnWorkflow),
    /// Asked once.
    Project(OnProject),
    /// Answered where suppressions are taken out.
    Suppression,
}

/// The check of a name.
pub fn find(name: &str) -> Option<Check> {
    Some(match name {
        "file_broken" => Check::File(file_faults::broken),
        "file_encoding" => Check::File(file_faults::encoding),
        "file_limits" => Check::File(file_faults::limits),
        "unknown_flag" => Check::Launch(unknown_flag::check),
        "removed_flag" => Check::Launch(removed_flag::check),
        "newer_flag" => Check::Launch(newer_flag::check),
        "exclusive_flags" => Check::Launch(exclusive_flags::check),
        "noop_flag" => Check::Launch(noop_flag::check),
        "leftover_noise_off" => Check::Workflow(leftover_noise_off::check),
        "noise_added_twice" => Check::Workflow(noise_added_twice::check),
        "stage_gap" => Check::Workflow(stage_gap::check),
        "experts_swapped" => Check::Workflow(experts_swapped::check),
        "vae_mismatch" => Check::Workflow(vae_mismatch::check),
        "lora_swapped" => Check::Workflow(lora_swapped::check),
        "compile_short_run" => Check::Workflow(compile_short_run::check),
        "torch_compile_env" => Check::Project(torch_compile_env::check),
        "reserve_offloads" => Check::Project(reserve_offloads::check),
        "weights_offload" => Check::Project(weights_offload::check),
        "small_margin" => Check::Project(small_margin::check),
        "vae_peak" => Check::Project(vae_peak::check),
        "unknown_allow" | "unused_allow" | "allow_without_reason" => Check::Suppression,
        _ => return None,
    })
}
