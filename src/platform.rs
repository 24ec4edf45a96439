//! The only place that knows operating systems apart.

#[cfg(all(feature = "network", unix))]
#[path = "platform/tree_unix.rs"]
pub mod tree;
#[cfg(all(feature = "network", windows))]
#[path = "platform/tree_windows.rs"]
pub mod tree;

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

/// Why a file cannot be replaced without loss: another name of it would keep the old text.
#[cfg(unix)]
pub fn other_names(facts: &std::fs::Metadata) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let names = facts.nlink();
    (names > 1).then(|| format!("it has {names} names (hard links), and only this one would get the new text"))
}

/// Why a file cannot be replaced without loss: this system does not tell how many names a file has.
#[cfg(not(unix))]
pub fn other_names(_: &std::fs::Metadata) -> Option<String> {
    None
}

/// Gives a new file the owner, where this user may, and the mode of the one whose place it takes.
///
/// # Errors
/// When the mode cannot be set.
#[cfg(unix)]
pub fn take_after(old: &std::fs::Metadata, new: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
    let facts = new.metadata()?;
    let same = (facts.uid(), facts.gid()) == (old.uid(), old.gid());
    let kept = same || fchown(new, Some(old.uid()), Some(old.gid())).is_ok();
    // Without its owner a file does not run as its owner.
    let mode = if kept { old.mode() & 0o7777 } else { old.mode() & 0o777 };
    new.set_permissions(std::fs::Permissions::from_mode(mode))
}

/// On this system a new file takes its rights from the folder, as the old one did, and a read-only one is not replaced.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn take_after(_: &std::fs::Metadata, _: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

/// Makes a renaming last beyond a power cut, where folders can be asked to. Some file systems cannot; the files are whole either way.
#[cfg(unix)]
pub fn sync_folder(folder: &std::path::Path) {
    let _ = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
}

/// Folders are not written out separately on this system.
#[cfg(not(unix))]
pub fn sync_folder(_: &std::path::Path) {}
