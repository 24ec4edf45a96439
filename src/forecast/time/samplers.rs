//! How often samplers call the model in a step (ComfyUI's `k_diffusion/sampling.py` and `uni_pc.py`).

/// Samplers that call the model once.
const ONCE: [&str; 27] = [
    "ddim",
    "ddpm",
    "deis",
    "dpmpp_2m",
    "dpmpp_2m_cfg_pp",
    "dpmpp_2m_sde",
    "dpmpp_2m_sde_gpu",
    "dpmpp_2m_sde_heun",
    "dpmpp_2m_sde_heun_gpu",
    "dpmpp_3m_sde",
    "dpmpp_3m_sde_gpu",
    "er_sde",
    "euler",
    "euler_ancestral",
    "euler_ancestral_cfg_pp",
    "euler_cfg_pp",
    "gradient_estimation",
    "gradient_estimation_cfg_pp",
    "ipndm",
    "ipndm_v",
    "lcm",
    "lms",
    "res_multistep",
    "res_multistep_ancestral",
    "res_multistep_ancestral_cfg_pp",
    "res_multistep_cfg_pp",
    "sa_solver",
];

/// Samplers that call it twice, except in the step that ends at zero.
const TWICE: [&str; 12] = [
    "dpm_2",
    "dpm_2_ancestral",
    "dpmpp_2s_ancestral",
    "dpmpp_2s_ancestral_cfg_pp",
    "dpmpp_sde",
    "dpmpp_sde_gpu",
    "exp_heun_2_x0",
    "exp_heun_2_x0_sde",
    "heun",
    "res_2s",
    "sa_solver_pece",
    "seeds_2",
];

/// Calls of the model in a step; `None` for samplers that choose it themselves (dpm_adaptive, dpm_fast), vary it (heunpp2, uni_pc) or are
/// not known.
pub fn calls(sampler: &str) -> Option<u32> {
    if ONCE.binary_search(&sampler).is_ok() {
        return Some(1);
    }
    if TWICE.binary_search(&sampler).is_ok() {
        return Some(2);
    }
    (sampler == "seeds_3").then_some(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_can_be_searched() {
        assert!(ONCE.is_sorted() && TWICE.is_sorted());
        assert_eq!((calls("euler"), calls("heun"), calls("seeds_3")), (Some(1), Some(2), Some(3)));
        assert_eq!(calls("dpm_adaptive"), None);
    }
}
