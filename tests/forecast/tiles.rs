//! VAE passes in tiles: what is asked for, what is needed, and the retry after an out-of-memory error.

use wanlint::catalog::models::ModelKind;
use wanlint::forecast::budget::vae_estimate;
use wanlint::forecast::{Os, Plan, Setting, Step, Tile, Verdict, Work, forecast};

use super::{VAE, near, rtx5090, step, version};

fn decode(tile: Option<Tile>) -> Step {
    Step { tile, ..step(Work::VaeDecode, VAE, 832, 1216, 81) }
}

#[test]
fn a_node_divides_frames_as_the_server_does() {
    let of = |edge, frames| Tile::of_node(edge, frames, &ModelKind::WanVae21);
    // 64 pixel frames are 16 latent ones, which make 61 again; at least two latent frames, one cell.
    assert_eq!(of(512, 64), Tile { edge: 512, frames: 61 });
    assert_eq!(of(500, 8), Tile { edge: 496, frames: 5 });
    assert_eq!(of(0, 0), Tile { edge: 8, frames: 5 });
    assert_eq!(Tile::of_node(500, u32::MAX, &ModelKind::WanVae22).edge, 496);
}

#[test]
fn the_estimate_is_one_tile_from_0_32() {
    let tiled = decode(Some(Tile { edge: 512, frames: 61 }));
    near(vae_estimate(&tiled, &rtx5090("0.31.0", 1636.0)), 13507.8, 0.1);
    near(vae_estimate(&tiled, &rtx5090("0.32.0", 1636.0)), 3500.0, 0.1);
    let short = decode(Some(Tile { edge: 512, frames: 13 }));
    near(vae_estimate(&short, &rtx5090("0.32.0", 1636.0)), 1100.0, 0.1);
    let encode = Step { work: Work::VaeEncode, ..tiled };
    near(vae_estimate(&encode, &rtx5090("0.33.0", 1636.0)), 11578.1, 0.1);
}

#[test]
fn a_tile_needs_less_than_the_picture() {
    for release in ["0.3.70", "0.12.0", "0.33.0"] {
        let activation = |tile| {
            let plan = Plan { steps: vec![decode(tile)] };
            forecast(&plan, &rtx5090(release, 1636.0)).phases[0].activation_mib
        };
        let of = |tile| activation(tile).unwrap();
        let (whole, tiled) = (of(None), of(Some(Tile { edge: 512, frames: 61 })));
        assert!(tiled.0 < whole.0 / 3.0 && tiled.1 < whole.1 / 3.0, "{release} {tiled:?} {whole:?}");
        // A tile larger than the picture is the picture.
        assert_eq!(of(Some(Tile { edge: 4096, frames: 4096 })), whole);
    }
}

#[test]
fn the_retry_fits_where_the_picture_does_not() {
    let plan = Plan { steps: vec![decode(None)] };
    let at = |release, total| {
        forecast(&plan, &Setting { total_mib: total, ..Setting::new(version(release), Os::Linux, 0.0, 500.0) })
    };
    for release in ["0.3.70", "0.31.0"] {
        let tight = at(release, 6144.0);
        assert!(tight.phases[0].exceeds && tight.phases[0].tiled, "{release}");
        assert_eq!(tight.verdict, Verdict::Fits);
    }
    // Tiles of 1024 pixels, chosen to fill the estimate, are nearly the whole picture again, but one of 512 is not.
    let grown = |total: f64| {
        wanlint::forecast::tiles::retry(&decode(None), &Setting { total_mib: total, ..rtx5090("0.33.0", 500.0) })
    };
    assert_eq!(grown(32606.0), Tile { edge: 1024, frames: 81 });
    assert_eq!(grown(8192.0), Tile { edge: 512, frames: 81 });
    assert_eq!(grown(1024.0), Tile { edge: 256, frames: 9 });
}
