//! MP4 and QuickTime: a second of video. It is padded with a box that players skip.

use super::drawing::Drawing;
use super::h264::{first_picture, parameter_sets, repeated_picture};
use super::layout::Layout;

/// How many pictures a second has, and the clip.
const PICTURES: u32 = 10;

/// No rotation and no scaling.
const MATRIX: [u32; 9] = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000];

pub fn draw(drawing: &Drawing, brand: [u8; 4]) -> Layout {
    let samples: Vec<_> = [first_picture(drawing)]
        .into_iter()
        .chain((1..PICTURES).map(|number| repeated_picture(drawing, number)))
        .map(|unit| [&(unit.len() as u32).to_be_bytes()[..], &unit].concat())
        .collect();
    let kind = make_box(b"ftyp", &[&brand[..], &512_u32.to_be_bytes(), &brand, b"avc1"]);
    // The length of the index does not depend on the offset in it.
    let index_at = |offset: u32| movie(drawing, &samples, offset);
    let offset = kind.len() + index_at(0).len() + 8;
    let media = make_box(b"mdat", &[&samples.concat()]);
    let file = [kind, index_at(offset as u32), media].concat();
    let missing = drawing.missing(file.len());
    free_box(Layout::of(file), missing)
}

/// Adds a `free` box of this length, or nothing if that is too short for one.
pub fn free_box(layout: Layout, length: u64) -> Layout {
    match u32::try_from(length) {
        Ok(..8) => layout,
        Ok(short) => layout.bytes([&short.to_be_bytes()[..], b"free"].concat()).zeros(length - 8),
        Err(_) => {
            let head = [&1_u32.to_be_bytes()[..], b"free", &length.to_be_bytes()].concat();
            layout.bytes(head).zeros(length - 16)
        }
    }
}

fn make_box(name: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&(body.len() as u32 + 8).to_be_bytes()[..], name, &body].concat()
}

/// A box that begins with a version and flags.
fn full_box(name: &[u8; 4], flags: u32, parts: &[&[u8]]) -> Vec<u8> {
    make_box(name, &[&flags.to_be_bytes(), &parts.concat()])
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// The index of the file: one track.
fn movie(drawing: &Drawing, samples: &[Vec<u8>], offset: u32) -> Vec<u8> {
    // Times are zero, a second has this many units, and the clip lasts a second.
    let times = numbers(&[0, 0, PICTURES, PICTURES]);
    let rate_and_volume = numbers(&[0x10000, 0x0100_0000, 0, 0]);
    let header = full_box(b"mvhd", 0, &[&times, &rate_and_volume, &numbers(&MATRIX), &[0; 24], &2_u32.to_be_bytes()]);
    let size = numbers(&[drawing.width << 16, drawing.height << 16]);
    let track_times = numbers(&[0, 0, 1, 0, PICTURES]);
    let track_header = full_box(b"tkhd", 3, &[&track_times, &[0; 16], &numbers(&MATRIX), &size]);
    let media_header = full_box(b"mdhd", 0, &[&times, &[0x55, 0xc4, 0, 0]]);
    let handler = full_box(b"hdlr", 0, &[&[0; 4], b"vide", &[0; 12], b"video\0"]);
    let here = full_box(b"url ", 1, &[]);
    let references = full_box(b"dref", 0, &[&numbers(&[1]), &here]);
    let information = make_box(
        b"minf",
        &[
            &full_box(b"vmhd", 1, &[&[0; 8]]),
            &make_box(b"dinf", &[&references]),
            &make_box(b"stbl", &[&table(drawing, samples, offset)]),
        ],
    );
    let media = make_box(b"mdia", &[&media_header, &handler, &information]);
    make_box(b"moov", &[&header, &make_box(b"trak", &[&track_header, &media])])
}

/// What the samples are, how long each lasts, and where they are.
fn table(drawing: &Drawing, samples: &[Vec<u8>], offset: u32) -> Vec<u8> {
    let sets = parameter_sets(drawing);
    let configuration = make_box(
        b"avcC",
        &[
            &[1],
            &sets.sequence[1..4],
            &[0xff, 0xe1],
            &(sets.sequence.len() as u16).to_be_bytes(),
            &sets.sequence,
            &[1],
            &(sets.picture.len() as u16).to_be_bytes(),
            &sets.picture,
        ],
    );
    let sides = [(drawing.width as u16).to_be_bytes(), (drawing.height as u16).to_be_bytes()].concat();
    let resolution = numbers(&[0x48_0000, 0x48_0000, 0]);
    let format = make_box(
        b"avc1",
        &[
            &[0, 0, 0, 0, 0, 0, 0, 1],
            &[0; 16],
            &sides,
            &resolution,
            &[0, 1],
            &[0; 32],
            &[0, 24, 0xff, 0xff],
            &configuration,
        ],
    );
    let lengths: Vec<u32> = samples.iter().map(|sample| sample.len() as u32).collect();
    [
        full_box(b"stsd", 0, &[&numbers(&[1]), &format]),
        full_box(b"stts", 0, &[&numbers(&[1, PICTURES, 1])]),
        full_box(b"stss", 0, &[&numbers(&[1, 1])]),
        full_box(b"stsc", 0, &[&numbers(&[1, 1, PICTURES, 1])]),
        full_box(b"stsz", 0, &[&numbers(&[0, PICTURES]), &numbers(&lengths)]),
        full_box(b"stco", 0, &[&numbers(&[1, offset])]),
    ]
    .concat()
}
