//! The two Wan VAEs (ComfyUI `comfy/ldm/wan/vae.py`, `vae2_2.py`).

use super::{Name, Op, Tree};

/// Where a part of the VAE sits: everything of its name but the leaf.
#[derive(Clone, Copy)]
struct Place {
    stem: &'static str,
    index: u32,
    middle: &'static str,
    inner: u32,
}

impl Place {
    const fn new(stem: &'static str, index: u32) -> Self {
        Self { stem, index, middle: "", inner: 0 }
    }

    const fn leaf(self, leaf: &'static str) -> Name {
        Name::deep(self.stem, self.index, self.middle, self.inner, leaf)
    }
}

/// Constants of one half of a VAE.
struct Half {
    stem: &'static str,
    stages: &'static str,
    /// Wan 2.2 wraps the parts of a stage in a block of their own.
    nested: Option<&'static str>,
    /// Width before each stage and after it.
    widths: [(u64, u64); 4],
    blocks: u32,
    input: u64,
    output: u64,
    up: bool,
    /// The upsampling convolution halves the channels (2.1 only).
    halves: bool,
    /// Stages that also change the frame rate.
    temporal: [bool; 3],
}

pub(super) fn wan21() -> Tree {
    let mut tree = Tree::default();
    tree.half(&Half {
        stem: "encoder",
        stages: "encoder.downsamples",
        nested: None,
        widths: [(96, 96), (96, 192), (192, 384), (384, 384)],
        blocks: 2,
        input: 3,
        output: 32,
        up: false,
        halves: false,
        temporal: [false, true, true],
    });
    tree.half(&Half {
        stem: "decoder",
        stages: "decoder.upsamples",
        nested: None,
        widths: [(384, 384), (192, 384), (192, 192), (96, 96)],
        blocks: 3,
        input: 16,
        output: 3,
        up: true,
        halves: true,
        temporal: [true, true, false],
    });
    tree.quantisers(16)
}

pub(super) fn wan22() -> Tree {
    let mut tree = Tree::default();
    tree.half(&Half {
        stem: "encoder",
        stages: "encoder.downsamples",
        nested: Some("downsamples"),
        widths: [(160, 160), (160, 320), (320, 640), (640, 640)],
        blocks: 2,
        input: 12,
        output: 96,
        up: false,
        halves: false,
        temporal: [false, true, true],
    });
    tree.half(&Half {
        stem: "decoder",
        stages: "decoder.upsamples",
        nested: Some("upsamples"),
        widths: [(1024, 1024), (1024, 1024), (1024, 512), (512, 256)],
        blocks: 3,
        input: 48,
        output: 12,
        up: true,
        halves: false,
        temporal: [true, true, false],
    });
    tree.quantisers(48)
}

impl Tree {
    fn half(&mut self, half: &Half) {
        let (first, last) = (half.widths[0].0, half.widths[3].1);
        let middle = if half.up { first } else { last };
        self.conv(Place::new(half.stem, 0).leaf("conv1"), half.input, first, 27);
        self.residual(Place::new("middle", 0), middle, middle);
        self.attention(Place::new("middle", 1), middle);
        self.residual(Place::new("middle", 2), middle, middle);
        self.stages(half);
        self.push(Place::new(half.stem, 1).leaf("head.0"), Op::Plain, last, 0);
        self.conv(Place::new(half.stem, 1).leaf("head.2"), last, half.output, 27);
    }

    fn stages(&mut self, half: &Half) {
        let mut flat = 0;
        for (stage, (input, output)) in half.widths.into_iter().enumerate() {
            let resampled = half.temporal.get(stage).copied();
            let parts = half.blocks + u32::from(resampled.is_some());
            for part in 0..parts {
                let place = match half.nested {
                    Some(middle) => Place { stem: half.stages, index: stage as u32, middle, inner: part },
                    None => Place::new(half.stages, flat),
                };
                match resampled {
                    Some(temporal) if part == half.blocks => self.resample(place, output, half, temporal),
                    _ => self.residual(place, if part == 0 { input } else { output }, output),
                }
                flat += 1;
            }
        }
    }

    fn residual(&mut self, place: Place, input: u64, output: u64) {
        self.push(place.leaf("residual.0"), Op::Plain, input, 0);
        self.conv(place.leaf("residual.2"), input, output, 27);
        self.push(place.leaf("residual.3"), Op::Plain, output, 0);
        self.conv(place.leaf("residual.6"), output, output, 27);
        if input != output {
            self.conv(place.leaf("shortcut"), input, output, 1);
        }
    }

    fn resample(&mut self, place: Place, width: u64, half: &Half, temporal: bool) {
        let output = if half.halves { width / 2 } else { width };
        self.conv(place.leaf("resample.1"), width, output, 9);
        if temporal {
            self.conv(place.leaf("time_conv"), width, if half.up { 2 * width } else { width }, 3);
        }
    }

    fn attention(&mut self, place: Place, width: u64) {
        self.push(place.leaf("norm"), Op::Plain, width, 0);
        self.conv(place.leaf("to_qkv"), width, 3 * width, 1);
        self.conv(place.leaf("proj"), width, width, 1);
    }

    fn quantisers(mut self, channels: u64) -> Self {
        self.conv(Name::flat("conv1"), 2 * channels, 2 * channels, 1);
        self.conv(Name::flat("conv2"), channels, channels, 1);
        self
    }

    fn conv(&mut self, name: Name, input: u64, output: u64, kernel: u64) {
        self.push(name, Op::Castable, input * output * kernel, output);
    }
}
