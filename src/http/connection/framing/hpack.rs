//! HTTP/2's header blocks (HPACK, RFC 7541), as far as request paths need it: in `:path`, bytes that the HTTP layer
//! would refuse are percent-encoded.
//!
//! A client may add a path to a table and refer to it in later blocks. The HTTP layer builds its own copy of that
//! table from the blocks that it reads. An encoded path is longer than the original, so in that copy it could evict
//! entries that the client still refers to. Therefore encoded paths are kept here and never added to the copy. A block
//! that refers to one gets it written out, and indexes of older entries shrink by the number of paths left out. All
//! other entries of the client's table are in the copy as well: it holds less, so it evicts nothing earlier.

use std::collections::VecDeque;
use std::ops::Range;

use super::huffman;
use super::target::percent_encoded;

/// The largest size of a client's table, in bytes. The HTTP layer announces no size other than HTTP/2's default.
const TABLE_SIZE: usize = 4096;

/// The size of an entry, in bytes, besides its name and value (RFC 7541, section 4.1).
const ENTRY_SIZE: usize = 32;
/// The index of the newest entry of the dynamic table. Smaller indexes belong to the static table.
const NEWEST: usize = 62;

/// The indexes of the two entries of the static table with the name `:path`.
const PATHS: Range<usize> = 4..6;

/// The byte of a field that is the entry `:path: /` of the static table.
const ROOT: u8 = 0x80 | PATHS.start as u8;

/// The header blocks of a connection, and what must be known of the client's table.
#[derive(Debug, Default)]
pub struct HeaderBlocks {
    /// How many entries the client has added so far.
    added: usize,
    /// The added entries that are paths, oldest first. They include at least all that are still in the client's table.
    paths: VecDeque<AddedPath>,
}

#[derive(Debug)]
struct AddedPath {
    /// How many entries were added before this one.
    number: usize,
    /// The encoded path; `None` if the path needed no encoding and so is in the HTTP layer's table.
    encoded: Option<Vec<u8>>,
}

/// A header block for the HTTP layer.
struct Rewritten {
    bytes: Vec<u8>,
    has_encoded_path: bool,
}

impl HeaderBlocks {
    /// Returns what the HTTP layer should read in place of the next header block; `None` if it stays the same. A block
    /// that this code does not understand stays the same too, and the HTTP layer ends the connection because of it.
    pub fn rewrite(&mut self, block: &[u8]) -> Option<Vec<u8>> {
        let mut rewritten = Rewritten { bytes: Vec::with_capacity(block.len()), has_encoded_path: false };
        let mut block = Block { bytes: block, at: 0 };
        while let Some(first) = block.bytes.get(block.at) {
            match first {
                0x80.. => self.rewrite_indexed(&mut block, &mut rewritten)?,
                0x40.. => self.rewrite_literal(0x40, 6, &mut block, &mut rewritten)?,
                0x20.. => rewritten.integer(0x20, 5, block.integer(5)?),
                _ => self.rewrite_literal(first & 0x10, 4, &mut block, &mut rewritten)?,
            }
        }
        (rewritten.bytes != block.bytes).then_some(rewritten.bytes)
    }

    /// Rewrites a field that is an entry of a table.
    fn rewrite_indexed(&self, block: &mut Block<'_>, to: &mut Rewritten) -> Option<()> {
        let index = block.integer(7)?;
        match self.path(index) {
            Some(AddedPath { encoded: Some(path), .. }) => to.path(path),
            _ => to.integer(0x80, 7, self.index(index)),
        }
        Some(())
    }

    /// Rewrites a field with its own value and, if the index is 0, its own name. `kind` is the high bits of its first
    /// byte; the low `bits` of that byte begin the index.
    fn rewrite_literal(&mut self, kind: u8, bits: u32, block: &mut Block<'_>, to: &mut Rewritten) -> Option<()> {
        let index = block.integer(bits)?;
        let start = block.at;
        let is_path = match index {
            0 => block.text()?.decoded()? == b":path",
            _ => PATHS.contains(&index) || self.path(index).is_some(),
        };
        let value = block.text()?;
        let encoded = if is_path { percent_encoded(&value.decoded()?) } else { None };
        match &encoded {
            Some(path) => to.path(path),
            None => {
                to.integer(kind, bits, self.name_index(index));
                to.bytes.extend_from_slice(&block.bytes[start..block.at]);
            }
        }
        if kind == 0x40 {
            self.add(is_path, encoded);
        }
        Some(())
    }

    /// The added path that an index of the client's refers to; `None` if the entry is not one.
    fn path(&self, index: usize) -> Option<&AddedPath> {
        let number = self.number(index)?;
        self.paths.iter().find(|path| path.number == number)
    }

    /// How many entries were added before the one with this index; `None` for an entry of the static table.
    fn number(&self, index: usize) -> Option<usize> {
        self.added.checked_sub(index.checked_sub(NEWEST)? + 1)
    }

    /// The HTTP layer's index for an index of the client's.
    fn index(&self, index: usize) -> usize {
        let Some(number) = self.number(index) else { return index };
        // Indexes count from the newest entry, and newer paths that were encoded are not in the HTTP layer's table.
        index - self.paths.iter().filter(|path| path.encoded.is_some() && path.number > number).count()
    }

    /// The HTTP layer's index for an entry with the same name.
    fn name_index(&self, index: usize) -> usize {
        match self.path(index) {
            Some(AddedPath { encoded: Some(_), .. }) => PATHS.start,
            _ => self.index(index),
        }
    }

    /// Records an entry that the client has added, and removes paths that its table no longer has room for. The limit
    /// on encoded paths is three times the table, since encoding turns one byte into at most three.
    fn add(&mut self, is_path: bool, encoded: Option<Vec<u8>>) {
        if is_path {
            self.paths.push_back(AddedPath { number: self.added, encoded });
        }
        self.added += 1;
        let oldest = self.added.saturating_sub(TABLE_SIZE / ENTRY_SIZE);
        let mut size: usize = self.paths.iter().flat_map(|path| &path.encoded).map(Vec::len).sum();
        while let Some(path) = self.paths.pop_front_if(|path| path.number < oldest || size > 3 * TABLE_SIZE) {
            size -= path.encoded.map_or(0, |path| path.len());
        }
    }
}

impl Rewritten {
    /// Writes an encoded path out, but only the first of a block. A request with a second path is refused whatever the
    /// path is, and without this limit a block could write a long path thousands of times.
    fn path(&mut self, path: &[u8]) {
        if self.has_encoded_path {
            return self.bytes.push(ROOT);
        }
        self.has_encoded_path = true;
        self.integer(0x00, 4, PATHS.start);
        self.integer(0x00, 7, path.len());
        self.bytes.extend_from_slice(path);
    }

    /// Writes an integer into the low bits of a first byte and, if it does not fit, into further bytes (RFC 7541,
    /// section 5.1).
    fn integer(&mut self, first: u8, prefix: u32, value: usize) {
        let most = (1 << prefix) - 1;
        if value < most {
            return self.bytes.push(first | value as u8);
        }
        self.bytes.push(first | most as u8);
        let mut rest = value - most;
        while rest > 0x7f {
            self.bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest as u8);
    }
}

/// A header block, and how far it has been read.
struct Block<'b> {
    bytes: &'b [u8],
    at: usize,
}

/// A string of a header block, as it was sent.
struct Text<'b> {
    bytes: &'b [u8],
    is_huffman: bool,
}

impl<'b> Block<'b> {
    /// Reads an integer that starts in the low bits of the next byte (RFC 7541, section 5.1). One of more than four
    /// further bytes is an error.
    fn integer(&mut self, prefix: u32) -> Option<usize> {
        let mask = (1 << prefix) - 1;
        let mut value = usize::from(self.byte()?) & mask;
        if value < mask {
            return Some(value);
        }
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            value += usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn text(&mut self) -> Option<Text<'b>> {
        let is_huffman = *self.bytes.get(self.at)? & 0x80 != 0;
        let length = self.integer(7)?;
        let bytes = self.bytes[self.at..].get(..length)?;
        self.at += length;
        Some(Text { bytes, is_huffman })
    }
}

impl Text<'_> {
    fn decoded(&self) -> Option<Vec<u8>> {
        if self.is_huffman { huffman::decode(self.bytes) } else { Some(self.bytes.to_vec()) }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use proptest::test_runner::RngSeed;

    use super::super::huffman::tests::encode;
    use super::*;

    pub fn text(bytes: &[u8], is_huffman: bool) -> Vec<u8> {
        let bytes = if is_huffman { encode(bytes) } else { bytes.to_vec() };
        [integer(if is_huffman { 0x80 } else { 0x00 }, 7, bytes.len()), bytes].concat()
    }

    fn integer(first: u8, prefix: u32, value: usize) -> Vec<u8> {
        let mut written = Rewritten { bytes: vec![], has_encoded_path: false };
        written.integer(first, prefix, value);
        written.bytes
    }

    type Field = (Vec<u8>, Vec<u8>);

    /// Reads header blocks as RFC 7541 has it, with a table that holds this much.
    struct Table {
        entries: VecDeque<Field>,
        most: usize,
    }

    impl Table {
        fn get(&self, index: usize) -> Field {
            let fixed: [(&[u8], &[u8]); 4] =
                [(b":method", b"GET"), (b":method", b"POST"), (b":path", b"/"), (b":path", b"/index.html")];
            match index {
                2..6 => (fixed[index - 2].0.to_vec(), fixed[index - 2].1.to_vec()),
                _ => self.entries[index - NEWEST].clone(),
            }
        }

        /// Drops the oldest entries until there is so much room.
        fn make_room(&mut self, room: usize) {
            let size = |field: &Field| field.0.len() + field.1.len() + ENTRY_SIZE;
            while self.entries.iter().map(size).sum::<usize>() + room > self.most && self.entries.pop_back().is_some() {
            }
        }

        fn read(&mut self, block: &[u8]) -> Vec<Field> {
            let (mut block, mut fields) = (Block { bytes: block, at: 0 }, vec![]);
            while let Some(first) = block.bytes.get(block.at) {
                let prefix = if *first >= 0x40 { 6 } else { 4 };
                match first {
                    0x80.. => fields.push(self.get(block.integer(7).unwrap())),
                    0x20..0x40 => {
                        self.most = block.integer(5).unwrap();
                        self.make_room(0);
                    }
                    _ => {
                        let name = match block.integer(prefix).unwrap() {
                            0 => block.text().unwrap().decoded().unwrap(),
                            index => self.get(index).0,
                        };
                        let field = (name, block.text().unwrap().decoded().unwrap());
                        if prefix == 6 {
                            let size = field.0.len() + field.1.len() + ENTRY_SIZE;
                            self.make_room(size);
                            if size <= self.most {
                                self.entries.push_front(field.clone());
                            }
                        }
                        fields.push(field);
                    }
                }
            }
            fields
        }
    }

    /// What the HTTP layer should read: a second path that had to be encoded makes a request as invalid as any other.
    fn with_encoded_paths(mut fields: Vec<Field>) -> Vec<Field> {
        let mut has_encoded = false;
        for (_, path) in fields.iter_mut().filter(|(name, _)| name == b":path") {
            if let Some(encoded) = percent_encoded(path) {
                *path = if has_encoded { b"/".to_vec() } else { encoded };
                has_encoded = true;
            }
        }
        fields
    }

    /// How a client writes a field: as an entry of its table, or with a value. Its name may be an entry, too.
    #[derive(Debug, Clone)]
    enum Way {
        Entry(Index),
        Literal { kind: (u8, u32), name: Result<&'static [u8], Index>, value: Vec<u8>, is_huffman: bool },
    }

    fn ways() -> impl Strategy<Value = Way> {
        let values = [&b"/"[..], b"/a?b=[\"c\"]", b"/<\xc3\xa9>", b"/c", b""].map(<[u8]>::to_vec);
        let long = [700, 1500, 4060, 5000].map(|length| b"\"".repeat(length));
        let values = select([&values[..], &values[..], &values[..], &long].concat());
        let names = prop_oneof![
            select(vec![&b":path"[..], b"x", b"cookie"]).prop_map(Ok),
            any::<Index>().prop_map(Err),
            any::<Index>().prop_map(Err),
        ];
        let kinds = select(vec![(0x40, 6), (0x40, 6), (0x00, 4), (0x10, 4)]);
        let literals = (kinds, names, values, any::<bool>());
        prop_oneof![
            any::<Index>().prop_map(Way::Entry),
            literals.prop_map(|(kind, name, value, is_huffman)| Way::Literal { kind, name, value, is_huffman }),
        ]
    }

    /// A header block of a client with this table, which reads it as well.
    fn block(table: &mut Table, size: Option<usize>, ways: Vec<Way>) -> (Vec<u8>, Vec<Field>) {
        let mut block = size.map_or(vec![], |size| integer(0x20, 5, size));
        let mut fields = table.read(&block);
        for way in ways {
            let entries = |table: &Table| (2..6).chain(NEWEST..NEWEST + table.entries.len()).collect::<Vec<_>>();
            let field = match way {
                Way::Entry(index) => integer(0x80, 7, *index.get(&entries(table))),
                Way::Literal { kind: (first, prefix), name, value, is_huffman } => {
                    let name = match name {
                        Ok(name) => [integer(first, prefix, 0), text(name, is_huffman)].concat(),
                        Err(index) => integer(first, prefix, *index.get(&entries(table))),
                    };
                    [name, text(&value, is_huffman)].concat()
                }
            };
            fields.extend(table.read(&field));
            block.extend(field);
        }
        (block, fields)
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 200, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default()
        })]

        #[test]
        fn every_block_is_read_as_the_client_means_it_but_for_encoded_paths(
            sent in vec((select(vec![None, None, None, Some(0), Some(150), Some(4096)]), vec(ways(), 0..12)), 1..20),
        ) {
            let table = || Table { entries: VecDeque::new(), most: TABLE_SIZE };
            let (mut client, mut layer, mut blocks) = (table(), table(), HeaderBlocks::default());
            for (size, ways) in sent {
                let (block, fields) = block(&mut client, size, ways);
                let read = blocks.rewrite(&block).unwrap_or(block);
                prop_assert_eq!(layer.read(&read), with_encoded_paths(fields));
                let kept = blocks.paths.iter().flat_map(|path| &path.encoded).map(Vec::len).sum::<usize>();
                prop_assert!(blocks.paths.len() <= 128 && kept <= 3 * TABLE_SIZE, "{}", kept);
            }
        }
    }

    #[test]
    fn blocks_in_which_nothing_is_encoded_stay_the_same() {
        let mut blocks = HeaderBlocks::default();
        let sent =
            [vec![0x3f, 0xe1, 0x1f, 0x82, 0x86, 0x44], text(b"/a", true), vec![0x45], text(b"/b", false)].concat();
        assert_eq!(blocks.rewrite(&sent), None);
        assert_eq!(blocks.rewrite(&[0x82, 0xbe, 0xbf, 0x7f, 0x00, 0x01, b'c']), None);
    }

    #[test]
    fn a_path_that_is_referred_to_thousands_of_times_is_written_out_once() {
        let mut blocks = HeaderBlocks::default();
        let path = [vec![0x44], text(&b"\"".repeat(4000), false)].concat();
        assert!(blocks.rewrite(&path).unwrap().len() > 12_000);
        let read = blocks.rewrite(&[0x80 | NEWEST as u8; 16_000]).unwrap();
        assert!((28_000..29_000).contains(&read.len()), "{}", read.len());
    }
}
