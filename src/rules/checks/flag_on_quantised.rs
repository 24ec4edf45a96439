//! LAUNCH025: a precision for the whole model beside a file whose layers are quantised.

use crate::catalog::models::Storage;
use crate::facts::versions::Version;
use crate::finding::Location;
use crate::forecast::{Step, Work};
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::ProjectView;

/// From here on another loader reads such files, which was not looked at.
const MIXED_PRECISION: Version = Version::new(0, 4, 0);

/// The flags that state a 16-bit precision.
const FLAGS: [&str; 3] = ["--fp16-unet", "--bf16-unet", "--force-fp16"];

/// Fires for the versions whose loader was read.
pub fn check(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let scaled = |step: &&Step| step.work == Work::Sample && step.model.spec.storage == Storage::Fp8Scaled;
    for target in view.targets {
        let Some(step) = target.work.iter().flat_map(|work| &work.plan.steps).find(scaled) else { continue };
        for (place, launch) in target.starts(view.files) {
            let Some(flag) = FLAGS.iter().find_map(|name| launch.flag(name)) else { continue };
            match view.machine.comfyui {
                None => sink.not_checked(rule, Need::Comfyui),
                Some(version) if version >= MIXED_PRECISION => {}
                Some(_) => {
                    let file = crate::read::script::base_name(&step.model.file).to_owned();
                    let fill = [("flag", flag.name.unwrap_or_default().to_owned()), ("model", file)];
                    let location = Location { file: place.0, span: flag.whole };
                    sink.fire(rule, location, &fill).in_target(target.name_on(view.files, &[place]), place.1);
                }
            }
        }
    }
}
