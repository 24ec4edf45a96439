//! Rules that need code: one file each, named in the rule's TOML by `check = "name"`. Their texts stay there.

mod abbreviated_flag;
mod alloc_conf;
mod auto_launch;
mod batch_values;
mod blanks_in_assignment;
mod blind_post;
mod block_swap;
mod broken_links;
mod cards;
mod carriage_return;
mod clip_size;
mod code_nodes;
mod compile_short_run;
mod compiled_fp8;
mod container_run;
mod cuda_malloc;
mod custom_nodes_off;
mod cycle;
mod distilled;
mod env_file;
mod exclusive_flags;
mod expert_pairs;
mod experts_swapped;
mod fetch_at_start;
mod file_faults;
mod flag_cost;
mod flag_for_ram;
mod flag_for_workflow;
mod flag_on_quantised;
mod flag_values;
mod flow_scheduler;
mod frame_rate;
mod frames_in_ram;
mod guidance;
mod hand_over;
mod headroom;
mod held_memory;
mod huge_reserve;
mod idle_seed;
mod installed;
mod late_variable;
mod latent_node;
mod launch_paths;
mod leftover_noise_off;
mod log_loads;
mod log_steps;
mod lora_fit;
mod lora_swapped;
mod lora_use;
mod lost_flags;
mod lost_in_build;
mod lost_scope;
mod manager_settings;
mod memory;
mod memory_limit;
mod missing_input;
mod missing_package;
mod model_file;
mod model_missing;
mod model_role;
mod newer_flag;
mod noise_added_twice;
mod noop_flag;
mod not_exported;
mod open_server;
mod output_path;
mod paired_settings;
mod picture_inputs;
mod precision;
mod private_path;
mod prompt_nodes;
mod proposals;
mod quantised_file;
mod ram_for_experts;
mod random_prompt;
mod removed_flag;
mod repeated_flag;
mod reserve_offloads;
mod secret_text;
mod siblings;
mod slow_save;
mod small_margin;
mod stage_gap;
mod step_cache;
mod step_ranges;
mod swallowed_value;
mod text_encoder_type;
mod text_faults;
mod torch_build;
mod torch_compile_env;
mod unknown_class;
mod unknown_flag;
mod unload_between;
mod unquoted_path;
mod unread_variable;
mod vae_mismatch;
mod vae_peak;
mod visible_devices;
mod weights_offload;
mod wrong_values;

pub use weights_offload::is_noticeable as noticeable_offload;

use super::Rule;
use super::sink::Sink;
use super::view::{FileView, LaunchView, LogView, ProjectView, WorkflowView};

/// A check of one file.
pub type OnFile = fn(&FileView, &'static Rule, &mut Sink);
/// A check of one start of ComfyUI.
pub type OnLaunch = fn(&LaunchView, &'static Rule, &mut Sink);
/// A check of one workflow.
pub type OnWorkflow = fn(&WorkflowView, &'static Rule, &mut Sink);
/// A check of pairs: everything is shown to it.
pub type OnProject = fn(&ProjectView, &'static Rule, &mut Sink);

/// A check of a log, for `wanlint log` alone.
pub type OnLog = fn(&LogView, &'static Rule, &mut Sink);

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
    /// Asked about a log.
    Log(OnLog),
    /// Answered where suppressions are taken out.
    Suppression,
}

/// The check of a name.
pub fn find(name: &str) -> Option<Check> {
    Some(match name {
        "log_shrinking" => Check::Log(log_loads::shrinking),
        "log_steps" => Check::Log(log_steps::outside),
        "log_differs" => Check::Log(log_loads::differs),
        "file_broken" => Check::File(file_faults::broken),
        "file_encoding" => Check::File(file_faults::encoding),
        "file_limits" => Check::File(file_faults::limits),
        "no_workflow" => Check::File(file_faults::no_workflow),
        "trailing_blank" => Check::File(batch_values::trailing_blank),
        "quotes_in_value" => Check::File(batch_values::quotes),
        "set_after_start" => Check::File(late_variable::check),
        "not_exported" => Check::File(not_exported::shell),
        "powershell_variable" => Check::File(not_exported::powershell),
        "blanks_in_assignment" => Check::File(blanks_in_assignment::check),
        "unread_arguments" => Check::File(unread_variable::arguments),
        "attention_variable" => Check::File(unread_variable::attention),
        "no_visible_gpu" => Check::Launch(visible_devices::none_left),
        "device_overwritten" => Check::Launch(visible_devices::overwritten),
        "carriage_return" => Check::Launch(carriage_return::check),
        "open_server" => Check::Project(open_server::exposed),
        "open_twice" => Check::Launch(open_server::open_twice),
        "half_tls" => Check::Launch(open_server::half_tls),
        "key_in_workflow" => Check::Workflow(secret_text::in_workflow),
        "key_in_script" => Check::File(secret_text::in_script),
        "key_on_command_line" => Check::File(secret_text::on_command_line),
        "fetches_newest" => Check::File(fetch_at_start::check),
        "node_runs_code" => Check::Workflow(code_nodes::check),
        "private_path" => Check::Workflow(private_path::check),
        "container_without_gpu" => Check::File(container_run::without_gpu),
        "privileged_container" => Check::File(container_run::privileged),
        "offline_download" => Check::Project(paired_settings::offline_download),
        "three_speedups" => Check::Project(paired_settings::three_speedups),
        "unknown_flag" => Check::Launch(unknown_flag::check),
        "removed_flag" => Check::Launch(removed_flag::check),
        "newer_flag" => Check::Launch(newer_flag::check),
        "exclusive_flags" => Check::Launch(exclusive_flags::check),
        "noop_flag" => Check::Launch(noop_flag::check),
        "expandable_segments" => Check::Launch(alloc_conf::expandable),
        "native_options" => Check::Launch(alloc_conf::native_options),
        "native_backend" => Check::Launch(alloc_conf::native_backend),
        "invalid_alloc_conf" => Check::Launch(alloc_conf::invalid),
        "two_alloc_confs" => Check::Launch(alloc_conf::both_names),
        "torch_too_old" => Check::Launch(torch_build::too_old),
        "torch_too_new" => Check::Launch(torch_build::too_new),
        "cpu_only_torch" => Check::Launch(torch_build::cpu_only),
        "leftover_noise_off" => Check::Workflow(leftover_noise_off::check),
        "noise_added_twice" => Check::Workflow(noise_added_twice::check),
        "stage_gap" => Check::Workflow(stage_gap::check),
        "experts_swapped" => Check::Workflow(experts_swapped::check),
        "empty_range" => Check::Workflow(step_ranges::empty_range),
        "no_noise" => Check::Workflow(step_ranges::no_noise),
        "partial_denoise" => Check::Workflow(step_ranges::partial_denoise),
        "noisy_decode" => Check::Workflow(step_ranges::noisy_decode),
        "base_in_few_steps" => Check::Workflow(distilled::base_in_few_steps),
        "distilled_in_many_steps" => Check::Workflow(distilled::many_steps),
        "distilled_with_guidance" => Check::Workflow(distilled::high_cfg),
        "distilled_stage" => Check::Workflow(distilled::one_stage_only),
        "levels_differ" => Check::Workflow(hand_over::levels_differ),
        "lone_shift" => Check::Workflow(hand_over::lone_shift),
        "far_boundary" => Check::Workflow(hand_over::far_boundary),
        "same_expert_twice" => Check::Workflow(expert_pairs::same_twice),
        "expert_alone" => Check::Workflow(expert_pairs::alone),
        "experts_of_other_tasks" => Check::Workflow(expert_pairs::other_task),
        "latent_for_14b" => Check::Workflow(latent_node::for_14b),
        "latent_for_5b" => Check::Workflow(latent_node::for_5b),
        "missing_picture" => Check::Workflow(picture_inputs::missing_picture),
        "dropped_picture" => Check::Workflow(picture_inputs::dropped_picture),
        "idle_vision" => Check::Workflow(picture_inputs::idle_vision),
        "missing_vision" => Check::Workflow(picture_inputs::missing_vision),
        "text_encoder_type" => Check::Workflow(text_encoder_type::check),
        "lora_of_other_task" => Check::Workflow(lora_use::other_task),
        "lora_without_strength" => Check::Workflow(lora_use::no_strength),
        "extreme_strength" => Check::Workflow(lora_use::extreme),
        "guidance_below_one" => Check::Workflow(guidance::below_one),
        "idle_negative" => Check::Workflow(guidance::idle_negative),
        "clip_too_long" => Check::Workflow(clip_size::too_long),
        "several_clips" => Check::Workflow(clip_size::several),
        "other_rate" => Check::Workflow(frame_rate::other_rate),
        "slowed_down" => Check::Workflow(frame_rate::slowed_down),
        "single_frame" => Check::Workflow(frame_rate::single_frame),
        "scheduler_without_shift" => Check::Workflow(flow_scheduler::check),
        "unload_between_stages" => Check::Workflow(unload_between::check),
        "lossless_webp" => Check::Workflow(slow_save::check),
        "step_cache" => Check::Workflow(step_cache::check),
        "vae_mismatch" => Check::Workflow(vae_mismatch::check),
        "lora_swapped" => Check::Workflow(lora_swapped::check),
        "compile_short_run" => Check::Workflow(compile_short_run::check),
        "torch_compile_env" => Check::Project(torch_compile_env::check),
        "reserve_offloads" => Check::Project(reserve_offloads::check),
        "weights_offload" => Check::Project(weights_offload::check),
        "small_margin" => Check::Project(small_margin::check),
        "vae_peak" => Check::Project(vae_peak::check),
        "unknown_allow" | "unused_allow" | "allow_without_reason" => Check::Suppression,
        "missing_value" => Check::Launch(flag_values::missing),
        "unexpected_value" => Check::Launch(flag_values::unexpected),
        "wrong_value" => Check::Launch(flag_values::wrong),
        "swallowed_value" => Check::Launch(swallowed_value::check),
        "repeated_flag" => Check::Launch(repeated_flag::check),
        "abbreviated_flag" => Check::Launch(abbreviated_flag::check),
        "huge_reserve" => Check::Launch(huge_reserve::check),
        "lost_in_build" => Check::File(lost_in_build::check),
        "flags_apart" => Check::Launch(lost_flags::apart),
        "caret_blank" => Check::Launch(lost_flags::caret),
        "backslash_blank" => Check::Launch(lost_flags::backslash),
        "glued_flags" => Check::Launch(lost_flags::glued),
        "unfinished_line" => Check::Launch(lost_flags::unfinished),
        "comment_inside" => Check::Launch(lost_flags::comment),
        "unquoted_path" => Check::Launch(unquoted_path::check),
        "high_vram" => Check::Project(flag_cost::high_vram),
        "gpu_only" => Check::Project(flag_cost::gpu_only),
        "no_vram" => Check::Project(flag_cost::no_vram),
        "split_attention" => Check::Project(flag_cost::split_attention),
        "dynamic_headroom" => Check::Project(flag_cost::dynamic_headroom),
        "fast_disk" => Check::Project(flag_cost::fast_disk),
        "frames_in_ram" => Check::Project(frames_in_ram::check),
        "slow_streaming" => Check::Project(flag_cost::slow_streaming),
        "sampling_on_cpu" => Check::Project(flag_for_workflow::on_cpu),
        "smart_memory" => Check::Project(flag_for_workflow::smart_memory),
        "full_precision" => Check::Project(flag_for_workflow::full_precision),
        "half_vae" => Check::Project(flag_for_workflow::half_vae),
        "cpu_vae" => Check::Project(flag_for_workflow::cpu_vae),
        "cache_none" => Check::Project(flag_for_ram::cache_none),
        "no_mmap" => Check::Project(flag_for_ram::no_mmap),
        "quantised_dtype" => Check::Project(flag_on_quantised::check),
        "fp32_vae" => Check::Project(flag_cost::fp32_vae),
        "auto_launch" => Check::Launch(auto_launch::check),
        "windows_path" => Check::Launch(launch_paths::windows_path),
        "slow_disk" => Check::Launch(launch_paths::slow_disk),
        "forced_fp16" => Check::Project(precision::forced),
        "without_bf16" => Check::Project(precision::without_bf16),
        "old_sage" => Check::File(installed::old_sage),
        "wrong_triton" => Check::File(installed::wrong_triton),
        "missing_card" => Check::Launch(cards::missing),
        "card_order" => Check::Launch(cards::order),
        "old_driver" => Check::Launch(cards::old_driver),
        "one_card_on_windows" => Check::Project(cards::one_visible),
        "redundant_cuda_malloc" => Check::Launch(cuda_malloc::redundant),
        "overrules_cuda_malloc" => Check::Launch(cuda_malloc::overrules_list),
        "weak_manager" => Check::File(manager_settings::weak),
        "manager_without_certificates" => Check::File(manager_settings::without_certificates),
        "container_memory" => Check::Project(memory_limit::container),
        "wsl_memory" => Check::Project(memory_limit::wsl),
        "literal_env_file" => Check::Project(env_file::check),
        "lost_scope" => Check::Project(lost_scope::check),
        "attention_package" => Check::Launch(missing_package::attention),
        "no_xformers" => Check::Launch(missing_package::xformers),
        "hf_transfer" => Check::Launch(missing_package::hf_transfer),
        "block_swap_too_small" => Check::Project(block_swap::too_small),
        "needless_block_swap" => Check::Project(block_swap::needless),
        "held_by_others" => Check::Project(held_memory::by_others),
        "paged_memory" => Check::Project(held_memory::paged),
        "blind_post" => Check::File(blind_post::check),
        "custom_nodes_off" => Check::Project(custom_nodes_off::check),
        "model_missing" => Check::Workflow(model_missing::check),
        "damaged_model" => Check::File(model_file::damaged),
        "no_weights" => Check::File(model_file::stand_in),
        "pickled_model" => Check::Workflow(model_file::pickle),
        "wrong_loader" => Check::Workflow(model_role::wrong_loader),
        "wrapper_encoder" => Check::Workflow(model_role::wrapper_encoder),
        "lora_size" => Check::Workflow(lora_fit::other_size),
        "lora_match" => Check::Workflow(lora_fit::no_match),
        "compiled_fp8" => Check::Project(compiled_fp8::check),
        "newer_quantisation" => Check::Project(quantised_file::too_new),
        "fast_without_fp8" => Check::Project(quantised_file::fast_without_fp8),
        "fast_without_scales" => Check::Project(quantised_file::fast_without_scales),
        "forced_fp8" => Check::Launch(quantised_file::forced),
        "fp4_without_cores" => Check::Workflow(quantised_file::fp4_without_cores),
        "few_bits" => Check::Workflow(quantised_file::few_bits),
        "large_encoder" => Check::Workflow(quantised_file::large_encoder),
        "experts_exceed_ram" => Check::Project(ram_for_experts::experts),
        "smaller_sibling" => Check::Project(ram_for_experts::smaller_sibling),
        "not_nodes" => Check::Workflow(prompt_nodes::not_nodes),
        "posted_ui" => Check::Workflow(prompt_nodes::posted_ui),
        "no_output" => Check::Workflow(prompt_nodes::no_output),
        "unused_node" => Check::Workflow(prompt_nodes::unused),
        "broken_link" => Check::Workflow(broken_links::broken),
        "type_mismatch" => Check::Workflow(broken_links::mismatch),
        "literal_for_link" => Check::Workflow(broken_links::literal),
        "malformed_link" => Check::Workflow(broken_links::malformed),
        "unknown_class" => Check::Workflow(unknown_class::check),
        "outside_limits" => Check::Workflow(wrong_values::outside),
        "unknown_input" => Check::Workflow(wrong_values::unknown_input),
        "missing_input" => Check::Workflow(missing_input::missing),
        "muted_source" => Check::Workflow(missing_input::muted),
        "bypassed_source" => Check::Workflow(missing_input::bypassed),
        "written_twice" => Check::Workflow(text_faults::twice),
        "values_disagree" => Check::Workflow(text_faults::disagree),
        "set_aside" => Check::Workflow(text_faults::set_aside),
        "not_finite" => Check::Workflow(text_faults::not_finite),
        "cycle" => Check::Workflow(cycle::check),
        "subgraph_in_itself" => Check::Workflow(cycle::subgraphs),
        "output_path" => Check::Workflow(output_path::check),
        "idle_seed" => Check::Workflow(idle_seed::check),
        "random_prompt" => Check::Workflow(random_prompt::check),
        _ => return None,
    })
}
