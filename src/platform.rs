//! The only place that knows operating systems apart.

/// Memory of this machine in MiB; `None` where the system does not tell without extra libraries.
pub fn ram_mib() -> Option<f64> {
    ram_kib().map(|kib| kib / 1024.0)
}

#[cfg(target_os = "linux")]
fn ram_kib() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(not(target_os = "linux"))]
fn ram_kib() -> Option<f64> {
    None
}

/// False on a machine that certainly has no NVIDIA driver: the system would look for its library in fifty folders. The driver shows
/// in `/proc` once it is loaded, in containers as a device, in WSL as the device that Windows shares; the tool of the last path
/// loads it when it is asked for first.
#[cfg(target_os = "linux")]
pub fn may_have_nvidia() -> bool {
    let traces = ["/proc/driver/nvidia", "/dev/nvidiactl", "/dev/dxg", "/usr/bin/nvidia-modprobe"];
    traces.iter().any(|path| std::path::Path::new(path).exists())
}

/// Elsewhere only the driver itself can tell.
#[cfg(not(target_os = "linux"))]
pub fn may_have_nvidia() -> bool {
    true
}

/// A temporary file that becomes a report is as readable as any other file; by default only its owner could read it.
#[cfg(unix)]
pub fn readable_by_others<'a, 'b>(builder: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    use std::os::unix::fs::PermissionsExt as _;
    // The user's umask takes away from this.
    builder.permissions(std::fs::Permissions::from_mode(0o666))
}

/// A temporary file that becomes a report is as readable as any other file: that is so on this system.
#[cfg(not(unix))]
pub fn readable_by_others<'a, 'b>(builder: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    builder
}
