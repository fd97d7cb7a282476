//! `assetmock env`: the variables of `exec` for a running server, in the syntax of a shell or a file.

use super::client_env::{Variable, is_of, variables};
use super::config::{ClientEnvOptions, Shell};
use super::running_server;
use super::start::Outcome;
use crate::providers;

/// The lines that set the variables, or remove them.
pub fn exports(options: &ClientEnvOptions) -> Outcome<String> {
    let card = match options.provider.as_deref() {
        Some(name) => {
            let unknown = || format!("there is no provider `{name}`; there are {}", providers::names().join(", "));
            Some(providers::named(name).ok_or_else(unknown)?.card())
        }
        None => None,
    };
    let mut all = match options.unset {
        true => variables("", &[], &[]).into_iter().map(|variable| Variable { value: None, ..variable }).collect(),
        false => {
            let origin = running_server::origin(options.url.as_deref(), &options.address)?;
            let (workspaces, keys) = running_server::usable_keys(&origin, options.admin_token.as_deref())?;
            variables(&origin, &workspaces, &keys)
        }
    };
    all.retain(|variable| card.is_none_or(|card| is_of(card, variable)));
    Ok(all.iter().map(|variable| line(options.shell, variable)).collect::<Result<String, String>>()?)
}

/// The line for one variable. In formats that cannot remove a variable it is set to the empty text.
fn line(shell: Shell, Variable { name, value }: &Variable) -> Result<String, String> {
    Ok(match (shell, value) {
        (Shell::Sh, Some(value)) => format!("export {name}='{}'\n", value.replace('\'', r"'\''")),
        (Shell::Sh, None) => format!("unset {name}\n"),
        (Shell::Fish, Some(value)) => {
            format!("set -gx {name} '{}'\n", value.replace('\\', r"\\").replace('\'', r"\'"))
        }
        (Shell::Fish, None) => format!("set -e {name}\n"),
        (Shell::Powershell, Some(value)) => format!("$env:{name} = '{}'\n", doubled_quotes(value)),
        (Shell::Powershell, None) => format!("Remove-Item -ErrorAction SilentlyContinue Env:{name}\n"),
        (Shell::Dotenv, Some(value)) => {
            let unwritable = || {
                format!(
                    "the value of {name} has quotes beside characters that not all readers of such files take as they are"
                )
            };
            format!("{name}={}\n", in_dotenv(value).ok_or_else(unwritable)?)
        }
        (Shell::Github, Some(value)) if value.contains(['\r', '\n']) => {
            let end = heredoc_end(value);
            format!("{name}<<{end}\n{value}\n{end}\n")
        }
        (Shell::Github, Some(value)) => format!("{name}={value}\n"),
        (Shell::Dotenv | Shell::Github, None) => format!("{name}=\n"),
    })
}

/// Doubles single quotes for PowerShell, which treats typographic quotes like `'`.
fn doubled_quotes(value: &str) -> String {
    let doubled = |letter| if "'‘’‚‛".contains(letter) { vec![letter, letter] } else { vec![letter] };
    value.chars().flat_map(doubled).collect()
}

/// A value in the quotes that all readers of `.env` files understand alike, including shells that source them. `None`:
/// there is no such form.
fn in_dotenv(value: &str) -> Option<String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-.:/+,@%=".contains(letter);
    let has_line_end = value.contains(['\r', '\n']);
    if value.chars().all(is_plain) {
        Some(value.to_owned())
    } else if !has_line_end && !value.contains('\'') {
        Some(format!("'{value}'"))
    } else {
        (!has_line_end && !value.contains(['"', '\\', '$', '`'])).then(|| format!("\"{value}\""))
    }
}

/// A delimiter that does not occur in the value.
fn heredoc_end(value: &str) -> String {
    let mut end = "END".to_owned();
    while value.contains(&end) {
        end.push('_');
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(shell: Shell, value: Option<&str>) -> String {
        line(shell, &Variable { name: "A", value: value.map(str::to_owned) }).unwrap()
    }

    #[test]
    fn each_reader_gets_the_value_in_its_own_quotes() {
        for (shell, plain, hard, none) in [
            (Shell::Sh, "export A='x'\n", "export A='a'\\''b\\ $c'\n", "unset A\n"),
            (Shell::Fish, "set -gx A 'x'\n", "set -gx A 'a\\'b\\\\ $c'\n", "set -e A\n"),
            (
                Shell::Powershell,
                "$env:A = 'x'\n",
                "$env:A = 'a''b\\ $c'\n",
                "Remove-Item -ErrorAction SilentlyContinue Env:A\n",
            ),
            (Shell::Github, "A=x\n", "A=a'b\\ $c\n", "A=\n"),
        ] {
            assert_eq!(written(shell, Some("x")), plain);
            assert_eq!(written(shell, Some("a'b\\ $c")), hard);
            assert_eq!(written(shell, None), none);
        }
        assert_eq!(written(Shell::Github, Some("END\nx")), "A<<END_\nEND\nx\nEND_\n");
        for (value, expected) in [("x", "x"), ("a b", "'a b'"), ("~/`$x`\\", "'~/`$x`\\'"), ("it's", "\"it's\"")] {
            assert_eq!(written(Shell::Dotenv, Some(value)), format!("A={expected}\n"));
        }
        assert_eq!(written(Shell::Dotenv, None), "A=\n");
        for unwritable in ["'`touch x`", "'$x", "'\\", "'\"", "a\nb"] {
            let variable = Variable { name: "A", value: Some(unwritable.to_owned()) };
            assert!(line(Shell::Dotenv, &variable).unwrap_err().contains("value of A"), "{unwritable}");
        }
    }
}
