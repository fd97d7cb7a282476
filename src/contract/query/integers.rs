//! How servers in different languages read whole numbers from text. No grammar here knows a vendor.

use super::violation::Problem;

/// The grammar of validators with type coercion (Pydantic's lax mode): it allows white space around the number, a
/// sign, leading zeros, `_` between digits and `.0` at the end. A number beyond 64 bits becomes the largest or
/// smallest of 64 bits, so that it still exceeds every maximum and every end of a list.
pub fn lax(text: &str) -> Result<i64, Problem> {
    let digits = lax_digits(text)?;
    let saturated = if digits.starts_with('-') { i64::MIN } else { i64::MAX };
    Ok(digits.parse().unwrap_or(saturated))
}

/// Reads the same grammar as [`lax`], but returns canonical digits of any length, with `-` before a negative number.
pub fn lax_digits(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let (negative, unsigned) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let (number, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let grouped = number.split('_').all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()));
    if !grouped || fraction.is_empty() || fraction.bytes().any(|b| b != b'0') {
        return Err(Problem::NotANumber);
    }
    let digits = number.replace('_', "");
    let digits = digits.trim_start_matches('0');
    Ok(match (negative, digits) {
        (_, "") => "0".to_owned(),
        (true, digits) => format!("-{digits}"),
        (false, digits) => digits.to_owned(),
    })
}

/// The grammar of Go's `strconv.Atoi`: an optional sign, then digits, which may start with zeros. A number beyond 64
/// bits is an error.
pub fn atoi(text: &str) -> Result<i64, Problem> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.bytes().any(|b| !b.is_ascii_digit()) {
        return Err(Problem::NotANumber);
    }
    text.parse().map_err(|_| Problem::NotANumber)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_zeros_are_decimals_everywhere() {
        for read in [lax, atoi] {
            assert_eq!((read("005"), read("-005"), read("00"), read("+5")), (Ok(5), Ok(-5), Ok(0), Ok(5)));
            for text in ["", "+", "-", "--1", "+-1", "abc", "1.5", "1e1", "0x10", "1,0", "٥", "5\0"] {
                assert_eq!(read(text), Err(Problem::NotANumber), "{text:?}");
            }
        }
    }

    #[test]
    fn lax_reading_takes_spaces_groups_and_empty_fractions() {
        for (text, number) in [(" 5\t", 5), ("1_0", 10), ("5.0", 5), ("5.00", 5), (" -0.0 ", 0), ("+1_000.0", 1000)] {
            assert_eq!(lax(text), Ok(number), "{text:?}");
        }
        for text in ["_5", "5_", "1__0", "5.", ".0", "5 0", "- 5"] {
            assert_eq!(lax(text), Err(Problem::NotANumber), "{text:?}");
        }
        assert_eq!((lax("9223372036854775808"), lax("-9223372036854775809")), (Ok(i64::MAX), Ok(i64::MIN)));
    }

    #[test]
    fn atoi_takes_digits_alone_and_no_more_than_64_bits() {
        for text in [" 5", "5 ", "1_0", "5.0", "9223372036854775808", "-9223372036854775809"] {
            assert_eq!(atoi(text), Err(Problem::NotANumber), "{text:?}");
        }
        assert_eq!((atoi("9223372036854775807"), atoi("-9223372036854775808")), (Ok(i64::MAX), Ok(i64::MIN)));
        assert_eq!(atoi("00009223372036854775807"), Ok(i64::MAX));
    }
}
