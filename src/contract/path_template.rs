//! The paths of operations: texts in which `{name}` in place of a segment stands for any text.

/// Whether a path matches a template, segment by segment. A `{name}` matches any segment that is not empty.
pub fn matches(template: &str, path: &str) -> bool {
    if template == path {
        return true;
    }
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || (is_name(wanted) && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

/// The one segment in which a path differs from a template, as both have it. None if there are more, or none at all.
pub fn only_difference<'p>(template: &'p str, path: &'p str) -> Option<(&'p str, &'p str)> {
    if template.split('/').count() != path.split('/').count() {
        return None;
    }
    let pairs = template.split('/').zip(path.split('/'));
    let mut different = pairs.filter(|(wanted, given)| wanted != given && (!is_name(wanted) || given.is_empty()));
    let found = different.next()?;
    different.next().is_none().then_some(found)
}

/// Whether a path that matches the template can start with this text. The last segment of the text may be incomplete.
pub fn begins(template: &str, beginning: &str) -> bool {
    let mut wanted = template.split('/');
    let (whole, part) = beginning.rsplit_once('/').map_or((None, beginning), |(whole, part)| (Some(whole), part));
    let mut whole = whole.into_iter().flat_map(|whole| whole.split('/'));
    let fits = |given: &str, wanted: &str| wanted == given || (is_name(wanted) && !given.is_empty());
    whole.all(|given| wanted.next().is_some_and(|wanted| fits(given, wanted)))
        && wanted.next().is_some_and(|wanted| is_name(wanted) || wanted.starts_with(part))
}

/// The template with the path's own segments in place of its `{name}` segments, so that only the fixed segments are
/// compared.
pub fn filled(template: &str, path: &str) -> String {
    let mut given = path.split('/');
    let segments = template.split('/').map(|wanted| match given.next() {
        Some(given) if is_name(wanted) && !given.is_empty() => given,
        _ => wanted,
    });
    segments.collect::<Vec<_>>().join("/")
}

fn is_name(segment: &str) -> bool {
    name(segment).is_some()
}

/// The name in this segment of a template, if it is one.
pub fn name(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}
