//! What a torch was built for, by the tag of its version.

/// What a torch was built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TorchBuild {
    /// For CUDA: 128 is 12.8.
    Cuda(u32),
    /// For the processor alone.
    Cpu,
    /// For something else (ROCm, XPU).
    Other,
}

/// `2.9.1+cu128`, `2.9.1+cpu`, `2.9.1+rocm6.4`; a version without a tag says nothing.
pub(super) fn torch_build(torch: &str) -> Option<TorchBuild> {
    let tag = torch.split_once('+')?.1;
    let cuda = tag.strip_prefix("cu").and_then(|digits| digits.parse().ok());
    Some(match cuda {
        Some(number) => TorchBuild::Cuda(number),
        None if tag == "cpu" => TorchBuild::Cpu,
        None => TorchBuild::Other,
    })
}

/// `2.9.1+cu130` says CUDA 13, `2.9.1+cu128` says it does not; without a tag nobody knows.
pub(super) fn built_for_cuda13(torch: &str) -> Option<bool> {
    let digits = torch.split_once("+cu")?.1;
    let tag: u32 = digits.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()?;
    Some(tag >= 130)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn torch_build_tags() {
        assert_eq!(built_for_cuda13("2.9.1+cu130"), Some(true));
        assert_eq!(built_for_cuda13("2.9.1+cu128"), Some(false));
        assert_eq!(built_for_cuda13("2.9.1"), None);
        assert_eq!(torch_build("2.9.1+cu128"), Some(TorchBuild::Cuda(128)));
        assert_eq!(torch_build("2.9.1+cpu"), Some(TorchBuild::Cpu));
        assert_eq!(torch_build("2.9.1+rocm6.4"), Some(TorchBuild::Other));
    }
}
