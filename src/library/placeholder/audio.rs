//! Silence as WAV and MP3, as long as the size says.

use super::drawing::Drawing;
use super::layout::Layout;

/// WAV: samples a second, one byte each.
const RATE: u32 = 8000;
const SILENCE: u8 = 128;

/// The longest WAV file: lengths are written in 32 bits.
const MAX_LENGTH: u64 = u32::MAX as u64 - 1;

/// What precedes the samples.
const HEAD: u64 = 44;

/// MP3: a frame of 32 kbit/s and 44,100 Hz in mono, without sound.
const FRAME: [u8; 4] = [0xff, 0xfb, 0x10, 0xc4];
const FRAME_LENGTH: u64 = 104;

/// How many frames take a second.
const FRAMES: u64 = 38;

/// The head of an ID3 tag.
const TAG: u64 = 10;

/// As many samples as the size has room for, or a second.
pub fn wav(drawing: &Drawing) -> Layout {
    let length = drawing.size.map_or(HEAD + u64::from(RATE), |size| size.clamp(HEAD, MAX_LENGTH));
    // Chunks have an even length, so an odd file ends with a byte of its own.
    let samples = (length - HEAD) & !1;
    let riff = (HEAD - 8 + samples) as u32;
    let rate = RATE.to_le_bytes();
    let format = [&[16, 0, 0, 0, 1, 0, 1, 0][..], &rate, &rate, &[1, 0, 8, 0]].concat();
    let head = [&b"RIFF"[..], &riff.to_le_bytes(), b"WAVEfmt ", &format, b"data", &(samples as u32).to_le_bytes()];
    Layout::of(head.concat()).repeated(&[SILENCE], 1, samples)
}

/// As many frames as the size has room for, or a second, after a tag that takes the rest.
pub fn mp3(drawing: &Drawing) -> Layout {
    let length = drawing.size.unwrap_or(TAG + FRAMES * FRAME_LENGTH).max(TAG);
    let rest = (length - TAG) % FRAME_LENGTH;
    let tag = [&b"ID3\x03\0\0\0\0\0"[..], &[rest as u8]].concat();
    Layout::of(tag).zeros(rest).repeated(&FRAME, FRAME_LENGTH, length - TAG - rest)
}
