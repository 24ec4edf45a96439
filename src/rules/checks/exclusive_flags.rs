//! LAUNCH004: two flags of which argparse accepts only one.

use crate::catalog::flags;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::LaunchView;

/// Fires on the second and every further member of a group, with the first one beside it. Flags of which it is not known on
/// which paths they are (those that a loop adds) need not meet.
pub fn check(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let flags: Vec<_> =
        view.launch.flags.iter().filter(|flag| flag.known).filter_map(|flag| Some((flag, flag.spec?))).collect();
    for (index, (flag, spec)) in flags.iter().enumerate() {
        let Some(group) = spec.group else { continue };
        let members = flags::group_members(group, view.comfyui());
        let is_member = |name: &str| members.iter().any(|member| member.name == name);
        let rivals = flags[..index].iter().find(|(_, other)| other.group == Some(group) && other.name != spec.name);
        if let Some((first, other)) = rivals
            && is_member(spec.name)
            && is_member(other.name)
        {
            let fill =
                [("flag", other.name.to_owned()), ("other", spec.name.to_owned()), ("group", group.replace('_', " "))];
            let beside = view.at(first.whole);
            sink.fire(rule, view.at(flag.whole), &fill).relate(beside, format!("{} is here", other.name));
        }
    }
}
