//! The fitted factors of step times against public measurements, and the fit itself repeated without each run and without each source.
//!
//! 42 runs of Wan on one GPU, from 16 sources. Few are ComfyUI's own; the others are engines that run the same network. Almost every row
//! rests on a guess (the exact size behind "480P", guidance on), so the errors found here are optimistic. A row is strict when its
//! kernel is stated or the engine's documented default.

use wanlint::catalog::gpus::{self, Gpu, Match};
use wanlint::forecast::time::{
    ATTENTION_16BIT, LINEAR_16BIT, LINEAR_FP8, MEMORY_SHARE, forward_seconds, realistic_16bit,
};
use wanlint::forecast::{Work, flop};

use super::{T2V21, step};
use Attention::{Fa3, Full, Sage};
use Linear::{Fp4, Fp8, Sixteen};

/// Where the rows come from, by number.
const SOURCES: [&str; 16] = [
    "https://github.com/Comfy-Org/ComfyUI/pull/12620",
    "https://github.com/Comfy-Org/ComfyUI/pull/12557",
    "https://github.com/ModelTC/LightX2V/blob/main/README.md",
    "https://github.com/ModelTC/LightX2V/blob/main/docs/EN/source/getting_started/benchmark_source.md",
    "https://github.com/thu-ml/TurboDiffusion/blob/main/README.md",
    "Python registry page of turbodiffusion",
    "https://github.com/modelscope/DiffSynth-Studio/blob/main/examples/wanvideo/README.md",
    "https://github.com/deepbeepmeep/Wan2GP/issues/28",
    "https://github.com/deepbeepmeep/Wan2GP/issues/6",
    "https://github.com/kohya-ss/musubi-tuner/issues/217",
    "https://huggingface.co/auswolf/Wan2.2-TI2V-5B-4step-nvfp4",
    "https://github.com/sgl-project/sglang/pull/25483",
    "https://github.com/sgl-project/sglang/issues/19471",
    "https://github.com/svg-project/Sparse-VideoGen/issues/36",
    "https://github.com/shawnricecake/draft-attention/issues/10",
    "https://instasd.com/post/wan2-1-performance-testing-across-gpus",
];

const T2V: &str = T2V21;
const I2V: &str = "wan2.1_i2v_720p_14B_fp16.safetensors";
const SMALL: &str = "wan2.1_t2v_1.3B_fp16.safetensors";
const FIVE: &str = "wan2.2_ti2v_5B_fp16.safetensors";

#[derive(Clone, Copy, PartialEq)]
enum Linear {
    Sixteen,
    Fp8,
    Fp4,
}

#[derive(Clone, Copy, PartialEq)]
enum Attention {
    /// SDPA, FlashAttention 2.
    Full,
    Fa3,
    /// SageAttention 2.
    Sage,
}

#[derive(Clone, Copy)]
struct Row {
    source: usize,
    strict: bool,
    card: &'static str,
    model: &'static str,
    size: (u32, u32, u32),
    forwards: u32,
    linear: Linear,
    attention: Attention,
    seconds: f64,
}

#[rustfmt::skip]
const ROWS: [Row; 42] = [
    row(0, true, "GeForce RTX 5060", T2V, (608, 400, 81), 1, Sixteen, Full, 25.33),
    row(1, true, "GeForce RTX 5060", T2V, (768, 480, 81), 1, Sixteen, Full, 44.41),
    row(2, true, "H100 80GB HBM3 (SXM5)", I2V, (832, 480, 81), 2, Sixteen, Full, 9.77),
    row(2, true, "H100 80GB HBM3 (SXM5)", I2V, (832, 480, 81), 2, Sixteen, Full, 8.93),
    row(2, true, "H100 80GB HBM3 (SXM5)", I2V, (832, 480, 81), 2, Sixteen, Sage, 7.35),
    row(2, true, "H100 80GB HBM3 (SXM5)", I2V, (832, 480, 81), 2, Sixteen, Fa3, 6.13),
    row(2, true, "H100 80GB HBM3 (SXM5)", I2V, (832, 480, 81), 2, Sixteen, Sage, 5.18),
    row(2, true, "GeForce RTX 4090 D", I2V, (832, 480, 81), 2, Sixteen, Full, 30.5),
    row(2, true, "GeForce RTX 4090 D", I2V, (832, 480, 81), 2, Sixteen, Sage, 22.66),
    row(2, true, "GeForce RTX 4090 D", I2V, (832, 480, 81), 2, Sixteen, Sage, 20.26),
    row(3, true, "H200 (SXM)", I2V, (832, 480, 81), 2, Sixteen, Full, 9.15),
    row(3, true, "H200 (SXM)", I2V, (832, 480, 81), 2, Sixteen, Sage, 7.3),
    row(3, true, "H200 (SXM)", I2V, (832, 480, 81), 2, Sixteen, Sage, 6.25),
    row(3, true, "H200 (SXM)", I2V, (832, 480, 81), 2, Sixteen, Sage, 5.4),
    row(3, true, "H200 (SXM)", I2V, (832, 480, 81), 2, Fp8, Sage, 4.775),
    row(3, true, "GeForce RTX 4090", I2V, (832, 480, 81), 2, Fp8, Sage, 18.45),
    row(3, true, "GeForce RTX 4090", I2V, (832, 480, 81), 2, Fp8, Sage, 15.75),
    row(3, true, "H200 (SXM)", I2V, (1280, 720, 81), 2, Sixteen, Full, 24.35),
    row(3, true, "H200 (SXM)", I2V, (1280, 720, 81), 2, Sixteen, Sage, 22.85),
    row(3, true, "H200 (SXM)", I2V, (1280, 720, 81), 2, Sixteen, Sage, 20.175),
    row(3, true, "H200 (SXM)", I2V, (1280, 720, 81), 2, Sixteen, Sage, 18.775),
    row(3, true, "H200 (SXM)", I2V, (1280, 720, 81), 2, Fp8, Sage, 16.775),
    row(3, true, "GeForce RTX 4090", I2V, (1280, 720, 81), 2, Fp8, Sage, 61.825),
    row(3, true, "GeForce RTX 4090", I2V, (1280, 720, 81), 2, Fp8, Sage, 54.225),
    row(4, true, "GeForce RTX 5090", SMALL, (832, 480, 81), 2, Sixteen, Full, 3.68),
    row(5, true, "GeForce RTX 5090", SMALL, (832, 480, 81), 2, Sixteen, Full, 3.32),
    row(6, true, "A100-SXM4-80GB", T2V, (832, 480, 81), 2, Sixteen, Full, 18.5),
    row(6, true, "A100-SXM4-80GB", T2V, (832, 480, 81), 2, Sixteen, Full, 18.3),
    row(7, false, "GeForce RTX 3090", I2V, (832, 480, 81), 2, Sixteen, Full, 68.0),
    row(7, false, "GeForce RTX 3090", I2V, (1280, 720, 81), 2, Sixteen, Full, 267.0),
    row(8, false, "GeForce RTX 3060", I2V, (832, 480, 81), 2, Sixteen, Sage, 108.33),
    row(9, true, "RTX A6000", I2V, (832, 480, 81), 2, Sixteen, Full, 38.05),
    row(9, true, "RTX A6000", I2V, (832, 480, 81), 2, Sixteen, Full, 40.0),
    row(9, true, "RTX A6000", I2V, (832, 480, 81), 2, Sixteen, Sage, 37.7),
    row(10, false, "GeForce RTX 5060 Ti 16GB", FIVE, (1280, 704, 121), 1, Fp4, Sage, 4.02),
    row(10, false, "GeForce RTX 5060 Ti 16GB", FIVE, (1280, 704, 121), 1, Fp4, Sage, 3.99),
    row(10, false, "GeForce RTX 5060 Ti 16GB", FIVE, (1280, 704, 121), 1, Fp4, Sage, 3.96),
    row(11, true, "H200 (SXM)", T2V, (832, 480, 81), 2, Sixteen, Fa3, 5.1421),
    row(12, true, "H20", T2V, (1280, 720, 21), 2, Sixteen, Fa3, 13.35),
    row(13, true, "A100-SXM4-80GB", I2V, (1280, 720, 81), 2, Sixteen, Full, 63.0),
    row(14, true, "H100 80GB HBM3 (SXM5)", T2V, (1280, 768, 81), 2, Sixteen, Full, 40.0),
    row(15, true, "GeForce RTX 4090", SMALL, (832, 480, 81), 2, Sixteen, Full, 4.8),
];

#[expect(clippy::too_many_arguments, reason = "a row of a table")]
const fn row(
    source: usize,
    strict: bool,
    card: &'static str,
    model: &'static str,
    size: (u32, u32, u32),
    forwards: u32,
    linear: Linear,
    attention: Attention,
    seconds: f64,
) -> Row {
    Row { source, strict, card, model, size, forwards, linear, attention, seconds }
}

/// Factors that are fitted: linear layers in 16 bit, fp8, fp4; attention in 16 bit, on Hopper, FlashAttention 3; sage on Ada, Hopper,
/// Ampere, consumer Blackwell.
const FACTORS: usize = 10;
/// The published fit (sage on consumer Blackwell and fp4 have no valid row).
const FITTED: [f64; FACTORS] = [LINEAR_16BIT, LINEAR_FP8, 2.0, ATTENTION_16BIT, 0.41, 0.87, 1.70, 0.85, 0.9, 2.0];
/// Where a repeated fit starts, and what it weakly prefers.
const PRIOR: [f64; FACTORS] = [0.8, 1.2, 2.0, 0.8, 0.5, 0.8, 1.6, 1.0, 1.0, 2.0];
const WEIGHT: f64 = 0.05;

impl Row {
    fn card(&self) -> Gpu {
        match gpus::find(self.card) {
            Match::One(card) => card,
            other => panic!("{}: {other:?}", self.card),
        }
    }

    fn hopper(&self) -> bool {
        self.card().compute == (9, 0)
    }

    /// Which factors it depends on.
    fn factors(&self) -> (usize, usize) {
        let attention = match (self.attention, self.card().compute) {
            (Full, (9, 0)) => 4,
            (Full, _) => 3,
            (Fa3, _) => 5,
            (Sage, (8, 9)) => 6,
            (Sage, (9, 0)) => 7,
            (Sage, (8, _)) => 8,
            (Sage, _) => 9,
        };
        (self.linear as usize, attention)
    }

    fn count(&self) -> flop::Count {
        let (width, height, frames) = self.size;
        flop::count(&step(Work::Sample, self.model, width, height, frames)).unwrap()
    }

    /// Predicted by observed - 1 with the given factors.
    fn error(&self, factors: &[f64; FACTORS]) -> f64 {
        let (linear, attention) = self.factors();
        let pass = forward_seconds(&self.count(), &self.card(), factors[linear], factors[attention]).unwrap();
        pass * f64::from(self.forwards) / self.seconds - 1.0
    }

    /// The shares of the observed time at factors of 1: linear layers, attention; and of memory traffic.
    fn shares(&self) -> [f64; 3] {
        let (count, card) = (self.count(), self.card());
        let rate = realistic_16bit(&card).unwrap();
        let memory = count.traffic / (MEMORY_SHARE * card.bandwidth_gbs.unwrap() * 1e9);
        [count.linear / rate, count.attention / rate, memory].map(|one| one * f64::from(self.forwards) / self.seconds)
    }
}

/// A row as the fit sees it.
struct Seen {
    row: &'static Row,
    factors: (usize, usize),
    shares: [f64; 3],
}

impl Seen {
    fn error(&self, factors: &[f64; FACTORS]) -> f64 {
        let [linear, attention, memory] = self.shares;
        linear / factors[self.factors.0] + attention / factors[self.factors.1] + memory - 1.0
    }
}

/// Least squares of the relative error. It is linear in the inverse factors, so they are solved for one after the other until they stay.
fn fit<'a>(rows: impl Iterator<Item = &'a Seen>) -> [f64; FACTORS] {
    let start = PRIOR.map(|factor| 1.0 / factor);
    let mut matrix = [[0.0; FACTORS]; FACTORS];
    let mut right = [0.0; FACTORS];
    for (at, inverse) in start.iter().enumerate() {
        matrix[at][at] = WEIGHT / (inverse * inverse);
        right[at] = WEIGHT / inverse;
    }
    for row in rows {
        let ((linear, attention), [of_linear, of_attention, memory]) = (row.factors, row.shares);
        for (one, share) in [(linear, of_linear), (attention, of_attention)] {
            right[one] += share * (1.0 - memory);
            matrix[one][linear] += share * of_linear;
            matrix[one][attention] += share * of_attention;
        }
    }
    let mut inverse = start;
    for _ in 0..400 {
        for at in 0..FACTORS {
            let others: f64 =
                (0..FACTORS).filter(|&other| other != at).map(|other| matrix[at][other] * inverse[other]).sum();
            inverse[at] = (right[at] - others) / matrix[at][at];
        }
    }
    inverse.map(|one| 1.0 / one)
}

/// Median and 90th percentile of the size of the errors, per cent.
fn spread(mut errors: Vec<f64>) -> (usize, f64, f64) {
    errors.iter_mut().for_each(|error| *error = error.abs() * 100.0);
    errors.sort_by(f64::total_cmp);
    let (count, last) = (errors.len(), errors.len() - 1);
    let median = f64::midpoint(errors[last / 2], errors[count / 2]);
    (count, median, errors[(count * 9).div_ceil(10) - 1])
}

type Choice = fn(&Row) -> bool;
/// Name, rows, their number; median and 90th percentile without each run and without each source.
type Line = (&'static str, Choice, usize, [(f64, f64); 2]);

/// The rows of the published table: name, which rows, how many, and the errors without each run and without each source.
#[rustfmt::skip]
const TABLE: [Line; 7] = [
    ("strict, all", |row| row.strict, 36, [(9.7, 21.0), (8.4, 21.0)]),
    ("wide, all", |_| true, 42, [(9.6, 23.0), (10.2, 45.0)]),
    ("16-bit, not Hopper, strict", |row| row.strict && row.factors().1 == 3, 11, [(6.2, 10.0), (6.9, 10.0)]),
    ("16-bit, not Hopper, wide", |row| row.factors().1 == 3, 13, [(5.8, 14.0), (6.3, 14.0)]),
    ("sage, not Hopper, strict", |row| row.strict && row.attention == Sage && !row.hopper(), 7, [(11.5, 16.0), (12.3, 19.0)]),
    ("sage, not Hopper, wide", |row| row.attention == Sage && !row.hopper(), 11, [(7.4, 28.0), (17.7, 48.0)]),
    ("Hopper", Row::hopper, 18, [(11.5, 24.0), (10.8, 24.0)]),
];

/// The published table.
pub(super) fn table() -> String {
    let mut out =
        "| runs | number | without each run: median, 90th percentile | without each source |\n|---|---|---|---|\n"
            .to_owned();
    for (name, _, count, [(run, most), (source, most_source)]) in TABLE {
        out += &format!("| {name} | {count} | {run} %, {most} % | {source} %, {most_source} % |\n");
    }
    out
}

#[test]
fn published_factors_meet_the_measurements() {
    assert!(ROWS.iter().all(|row| row.source < SOURCES.len()));
    println!("predicted / observed - 1 with the factors of the forecast: median, 90th percentile");
    for (name, choice, count, _) in TABLE {
        let (found, median, most) =
            spread(ROWS.iter().filter(|row| choice(row)).map(|row| row.error(&FITTED)).collect());
        println!("{name}: n {found}, {median:.1} %, {most:.1} %");
        assert_eq!(found, count, "{name}");
        // Rows without a fitted factor (fp4, one RTX 3060) are off by half: they are why there is no range for such cards.
        assert!(median < 11.0 && (most < 25.0 || name.ends_with("wide") || name.starts_with("wide")), "{name}");
    }
}

#[test]
fn fit_without_each_run_and_each_source() {
    println!(
        "predicted / observed - 1, fitted without each run, without each source: median, 90th percentile (published)"
    );
    let seen = |row| Seen { row, factors: row.factors(), shares: row.shares() };
    let all: Vec<Seen> = ROWS.iter().map(seen).collect();
    for (name, choice, _, published) in TABLE {
        let strict = name.contains("strict") || name == "Hopper";
        let rows: Vec<&Seen> = all.iter().filter(|seen| seen.row.strict || !strict).collect();
        let tested: Vec<&Seen> = rows.iter().copied().filter(|seen| choice(seen.row)).collect();
        let without = |left_out: &dyn Fn(&Seen, &Seen) -> bool| {
            let one = |seen: &&Seen| seen.error(&fit(rows.iter().copied().filter(|other| !left_out(seen, other))));
            spread(tested.iter().map(one).collect())
        };
        let (n, median, most) = without(&|seen, other| std::ptr::eq(seen, other));
        let (_, by_source, most_by_source) = without(&|seen, other| seen.row.source == other.row.source);
        println!("{name}: n {n}, {median:.1} / {most:.1} %, {by_source:.1} / {most_by_source:.1} % {published:?}");
        let close = |found: f64, stated: f64| (found - stated).abs() <= 3.0 + 0.2 * stated;
        let [(median_then, most_then), (source_then, most_source_then)] = published;
        assert!(close(median, median_then) && close(most, most_then), "{name}");
        assert!(close(by_source, source_then) && close(most_by_source, most_source_then), "{name}");
    }
}
