//! SVG, PDF and text.

use std::fmt::Write;

use super::drawing::Drawing;
use super::layout::Layout;
use super::picture::CELLS;

/// A line of text files.
const LINE: &[u8] = b"The quick brown fox jumps over the lazy dog.\n";

/// What precedes and follows the spaces of a comment in PDF.
const COMMENT_OVERHEAD: u64 = 2;

/// SVG of the stated width and height. It is padded with spaces.
pub fn svg(drawing: &Drawing) -> Layout {
    let Drawing { width, height, picture, .. } = drawing;
    let [back, front] = picture.colours.map(|[r, g, b]| format!("#{r:02x}{g:02x}{b:02x}"));
    let mut path = String::new();
    for (x, y) in cells(drawing) {
        let _ = write!(path, "M{x} {y}h1v1h-1z");
    }
    let start = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {CELLS} {CELLS}\" \
         preserveAspectRatio=\"none\"><rect width=\"{CELLS}\" height=\"{CELLS}\" fill=\"{back}\"/><path fill=\"{front}\" d=\"{path}\"/>"
    );
    let end = b"</svg>\n".to_vec();
    let missing = drawing.missing(start.len() + end.len());
    Layout::of(start.into()).repeated(b" ", 1, missing).bytes(end)
}

/// PDF of one page. It is padded with a comment before the table of objects.
pub fn pdf(drawing: &Drawing) -> Layout {
    let Drawing { width, height, picture, .. } = drawing;
    let colour = |[r, g, b]: [u8; 3]| format!("{} {} {} rg", percent(r), percent(g), percent(b));
    let [back, front] = picture.colours.map(colour);
    // The page is drawn in units of cells, and upwards.
    let mut page = format!("{width} 0 0 {height} 0 0 cm .125 0 0 .125 0 0 cm {back} 0 0 {CELLS} {CELLS} re f {front}");
    for (x, y) in cells(drawing) {
        let _ = write!(page, " {x} {} 1 1 re", CELLS - 1 - y);
    }
    page.push_str(" f");
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Contents 4 0 R/Resources<<>>>>"),
        format!("<</Length {}>>stream\n{page}\nendstream", page.len()),
    ];
    let mut start = "%PDF-1.4\n".to_owned();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (object, number) in objects.iter().zip(1..) {
        let _ = writeln!(table, "{:010} 00000 n ", start.len());
        let _ = writeln!(start, "{number} 0 obj{object}endobj");
    }
    // The offset of the table has leading zeros, so that its length does not depend on the padding.
    let end_at = |offset: u64| {
        format!("{table}trailer<</Size {}/Root 1 0 R>>\nstartxref\n{offset:020}\n%%EOF\n", objects.len() + 1)
    };
    let missing = drawing.missing(start.len() + end_at(0).len());
    let padding = if missing < COMMENT_OVERHEAD { 0 } else { missing };
    let end = end_at(start.len() as u64 + padding);
    let layout = Layout::of(start.into());
    let layout = match padding {
        0 => layout,
        _ => layout.bytes(b"%".to_vec()).repeated(b" ", 1, padding - COMMENT_OVERHEAD).bytes(b"\n".to_vec()),
    };
    layout.bytes(end.into())
}

/// The same line as often as the size says, or once.
pub fn text(drawing: &Drawing) -> Layout {
    let line = LINE.len() as u64;
    Layout::default().repeated(LINE, line, drawing.size.unwrap_or(line))
}

/// The cells in the second colour.
fn cells(drawing: &Drawing) -> impl Iterator<Item = (u32, u32)> {
    let all = (0..CELLS).flat_map(|y| (0..CELLS).map(move |x| (x, y)));
    all.filter(|(x, y)| drawing.picture.cell(*x, *y))
}

/// A part of a colour as a number from 0 to 1, in the notation of PDF.
fn percent(part: u8) -> String {
    format!("{:.3}", f64::from(part) / 255.0)
}
