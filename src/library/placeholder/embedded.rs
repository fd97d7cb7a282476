//! Formats without a small encoder. Each asset gets the same file, so its picture has not the asset's width and height.
//! `embedded/README.md` says how the files were made.

use super::drawing::Drawing;
use super::layout::Layout;
use super::mp4::free_box;

const AVIF: &[u8] = include_bytes!("embedded/tiny.avif");
const HEIC: &[u8] = include_bytes!("embedded/tiny.heic");
const WEBM: &[u8] = include_bytes!("embedded/tiny.webm");
const M4A: &[u8] = include_bytes!("embedded/tiny.m4a");

/// The head of an element of WebM that players skip, with a length of eight bytes.
const VOID: u64 = 9;

/// The longest such element without its head. The length has 56 bits, and all of them set mean that it is not known.
const MAX_VOID: u64 = (1 << 56) - 2;

pub fn avif(drawing: &Drawing) -> Layout {
    with_free_box(AVIF, drawing)
}

pub fn heic(drawing: &Drawing) -> Layout {
    with_free_box(HEIC, drawing)
}

pub fn m4a(drawing: &Drawing) -> Layout {
    with_free_box(M4A, drawing)
}

fn with_free_box(file: &[u8], drawing: &Drawing) -> Layout {
    free_box(Layout::of(file.to_vec()), drawing.missing(file.len()))
}

pub fn webm(drawing: &Drawing) -> Layout {
    let layout = Layout::of(WEBM.to_vec());
    let missing = drawing.missing(WEBM.len());
    if missing < VOID {
        return layout;
    }
    let length = (missing - VOID).min(MAX_VOID);
    let [_, written @ ..] = length.to_be_bytes();
    layout.bytes([&[0xec, 0x01][..], &written].concat()).zeros(length)
}
