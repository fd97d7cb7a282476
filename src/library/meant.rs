//! Which known word a misspelt one was probably meant to be.

/// How long a word may be, in bytes, that can be a misspelt one.
const LONGEST: usize = 60;

/// The parameter or word that a misspelt one was probably meant to be: at most one letter in three is wrong, and
/// neither case nor the way words are joined counts.
pub fn meant<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if given.len() > LONGEST {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace(['_', '-', '.', '[', ']', ' '], "");
    let given = plain(given);
    let allowed = (given.chars().count() / 3).max(1);
    let distances = known.map(|known| (strsim::osa_distance(&given, &plain(known)), known));
    // A letter or two is close to everything.
    let close =
        distances.filter(|(distance, known)| given.len() > 2 && *distance <= allowed && distance * 2 < known.len());
    // Of `asc` and `desc`, which are equally far from `dsc`, the one that begins like it.
    let likeness = |known: &str| strsim::jaro_winkler(&given, &plain(known));
    let closer = |(a, one): &(usize, &str), (b, other): &(usize, &str)| {
        a.cmp(b).then_with(|| likeness(other).total_cmp(&likeness(one)))
    };
    close.min_by(closer).map(|(_, known)| known)
}
