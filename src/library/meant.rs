//! Suggests the known word for a misspelt one ("did you mean").

/// Longer words, in bytes, get no suggestion.
const LONGEST: usize = 60;

/// The known word that is closest to `given`, if at most one letter in three is wrong. Case and the characters that
/// join words (`_`, `-`, `.`, brackets, spaces) are ignored.
pub fn meant<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if given.len() > LONGEST {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace(['_', '-', '.', '[', ']', ' '], "");
    let given = plain(given);
    let allowed = (given.chars().count() / 3).max(1);
    let distances = known.map(|known| (strsim::osa_distance(&given, &plain(known)), known));
    // One or two letters are close to every short word.
    let close =
        distances.filter(|(distance, known)| given.len() > 2 && *distance <= allowed && distance * 2 < known.len());
    // At equal distance the word with the same beginning wins: for `dsc` it is `desc`, not `asc`.
    let likeness = |known: &str| strsim::jaro_winkler(&given, &plain(known));
    let closer = |(a, one): &(usize, &str), (b, other): &(usize, &str)| {
        a.cmp(b).then_with(|| likeness(other).total_cmp(&likeness(one)))
    };
    close.min_by(closer).map(|(_, known)| known)
}
