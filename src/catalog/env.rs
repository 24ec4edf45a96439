//! Environment variables that ComfyUI, torch, the CUDA driver or the Hugging Face libraries read.

/// Their names. Left out are those that a login shell usually exports already (`PATH`, `LD_LIBRARY_PATH`, `CUDA_HOME`).
const NAMES: [&str; 36] = [
    "COMFYUI_ENABLE_MIOPEN",
    "CUBLAS_WORKSPACE_CONFIG",
    "CUDA_DEVICE_ORDER",
    "CUDA_LAUNCH_BLOCKING",
    "CUDA_MODULE_LOADING",
    "CUDA_VISIBLE_DEVICES",
    "HF_ENDPOINT",
    "HF_HOME",
    "HF_HUB_CACHE",
    "HF_HUB_ENABLE_HF_TRANSFER",
    "HF_HUB_OFFLINE",
    "HF_TOKEN",
    "HIP_VISIBLE_DEVICES",
    "HSA_OVERRIDE_GFX_VERSION",
    "HUGGINGFACE_HUB_CACHE",
    "MIOPEN_FIND_MODE",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "PYTORCH_ALLOC_CONF",
    "PYTORCH_CUDA_ALLOC_CONF",
    "PYTORCH_ENABLE_MPS_FALLBACK",
    "PYTORCH_HIP_ALLOC_CONF",
    "PYTORCH_NO_CUDA_MEMORY_CACHING",
    "ROCR_VISIBLE_DEVICES",
    "TORCHDYNAMO_DISABLE",
    "TORCHDYNAMO_VERBOSE",
    "TORCHINDUCTOR_CACHE_DIR",
    "TORCHINDUCTOR_FX_GRAPH_CACHE",
    "TORCH_COMPILE",
    "TORCH_HOME",
    "TORCH_LOGS",
    "TORCH_ROCM_AOTRITON_ENABLE_EXPERIMENTAL",
    "TRANSFORMERS_CACHE",
    "TRANSFORMERS_OFFLINE",
    "TRITON_CACHE_DIR",
    "XFORMERS_DISABLED",
];

/// True for a name that such a program looks for.
pub fn is_known(name: &str) -> bool {
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}
