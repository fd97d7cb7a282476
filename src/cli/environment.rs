//! Reads the command line together with the environment variables of its options. An empty variable counts as unset,
//! since Compose and CI pass variables on even if they are empty. The error for an invalid value names the variable.

use std::env;
use std::ffi::OsString;

use clap::builder::{OsStr, Resettable};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory, Error, FromArgMatches};

use crate::cli::config::Cli;
use crate::cli::exec::CANNOT_START;

/// The prefix of this program's variables.
const PREFIX: &str = "ASSETMOCK_";

/// The variable of `--port`. Kubernetes also sets it, to `tcp://…`, if a service is called `assetmock`.
const PORT: &str = "ASSETMOCK_PORT";

/// Variables that are not options: they tell tests where a running server is.
const RESERVED: [&str; 3] = ["ASSETMOCK_URL", "ASSETMOCK_API", "ASSETMOCK_WORKSPACE"];

/// The options, and warnings about variables that are ignored. Exits if the command line is wrong or asks for help.
pub fn parse() -> (Cli, Vec<String>) {
    let mut command = Cli::command();
    let known = variables(&command);
    let ignored: Vec<OsString> = known.iter().filter(|name| is_ignored(name)).map(OsString::from).collect();
    command = without(command, &ignored);
    let parsed = command.try_get_matches_from_mut(env::args_os()).and_then(|found| Cli::from_arg_matches(&found));
    let cli = parsed.unwrap_or_else(|error| {
        // Without `build`, only the sub-command in use knows the full names of its options.
        command.build();
        end(name_variable(error, &command))
    });
    (cli, warnings(&known))
}

/// Prints an error or the help, and exits. Errors of `exec` have an exit code of their own, since the usual one could
/// be that of its command.
fn end(mut error: Error) -> ! {
    let is_exec = env::args_os().nth(1).is_some_and(|word| word == "exec");
    if !(is_exec && error.use_stderr()) {
        error.exit();
    }
    if let Some(tip) = command_without_dashes(&error) {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    // If the message cannot be written, the exit code still reports the error.
    let _ = error.print();
    std::process::exit(CANNOT_START.into());
}

/// A hint if the command of `exec` has no `--` before it.
fn command_without_dashes(error: &Error) -> Option<String> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg) else { return None };
    if error.kind() != ErrorKind::UnknownArgument || word.starts_with('-') {
        return None;
    }
    let given = env::args().skip(2).collect::<Vec<_>>();
    let begin = given.iter().position(|one| one == word)?;
    // The options are not shown, since one may be a token.
    let options = if begin > 0 { " [OPTIONS]" } else { "" };
    Some(format!("put `--` before the command: `assetmock exec{options} -- {}`", given[begin..].join(" ")))
}

/// The variables of the options of a command and its sub-commands, sorted.
fn variables(command: &Command) -> Vec<String> {
    let own = command.get_arguments().filter_map(Arg::get_env).map(|name| name.to_string_lossy().into_owned());
    let mut all: Vec<_> = own.chain(command.get_subcommands().flat_map(variables)).collect();
    all.sort();
    all.dedup();
    all
}

/// Whether a variable counts as unset: it is empty, or it is the port but not a number, as Kubernetes sets it.
fn is_ignored(name: &str) -> bool {
    let value = env::var_os(name);
    value.is_some_and(|value| value.is_empty() || name == PORT && !is_port(&value.to_string_lossy()))
}

fn is_port(value: &str) -> bool {
    value.parse::<u16>().is_ok()
}

/// Makes the options of a command ignore these variables.
fn without(command: Command, ignored: &[OsString]) -> Command {
    let reset = |arg: Arg| match arg.get_env() {
        Some(name) if ignored.iter().any(|ignored| ignored == name) => arg.env(Resettable::<OsStr>::Reset),
        _ => arg,
    };
    command.mut_args(reset).mut_subcommands(|command| without(command, ignored))
}

/// Makes an error about a value that comes from a variable name the variable, and escapes invisible characters.
fn name_variable(mut error: Error, command: &Command) -> Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let (Some(option), Some(value)) = (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue)) else {
        return error;
    };
    let is_typed = env::args().any(|given| given == value || given.ends_with(&format!("={value}")));
    let holds = |name: &str| env::var_os(name).is_some_and(|held| held.to_string_lossy() == value);
    if let Some(name) = variable_of(command, &option).filter(|name| !is_typed && holds(name)) {
        error.insert(ContextKind::InvalidArg, ContextValue::String(name));
    }
    error.insert(ContextKind::InvalidValue, ContextValue::String(value.escape_debug().to_string()));
    error
}

/// The variable of an option, by the option's name in error messages.
fn variable_of(command: &Command, option: &str) -> Option<String> {
    let own = command.get_arguments().find(|arg| arg.to_string() == option);
    let own = own.and_then(Arg::get_env).map(|name| name.to_string_lossy().into_owned());
    own.or_else(|| command.get_subcommands().find_map(|command| variable_of(command, option)))
}

fn warnings(known: &[String]) -> Vec<String> {
    let mut warnings = Vec::new();
    for (name, value) in env::vars_os() {
        let (Some(name), value) = (name.to_str(), value.to_string_lossy()) else { continue };
        if !name.starts_with(PREFIX) || value.is_empty() {
            continue;
        }
        if name == PORT && !is_port(&value) {
            warnings
                .push(format!("`{PORT}` is ignored, since `{}` is not a port from 0 to 65535", value.escape_debug()));
        } else if !known.iter().any(|known| known == name) && !is_foreign(name, &value) {
            let near = nearest(name, known).map(|near| format!("; did you mean `{near}`?"));
            warnings.push(format!("there is no variable `{name}`{}", near.unwrap_or_default()));
        }
    }
    warnings
}

/// Whether a variable with our prefix is not a misspelt option: it is reserved, or Kubernetes made it for a service
/// whose name begins with the name of this program.
fn is_foreign(name: &str, value: &str) -> bool {
    let is_service = name.contains("_SERVICE_") || name.contains("_PORT_");
    RESERVED.contains(&name) || is_service || name.ends_with("_PORT") && value.contains("://")
}

/// The known name that is closest to this one, if at most three letters differ.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a String> {
    const MOST: usize = 3;
    let distance = |known: &&String| strsim::osa_distance(name, known);
    known.iter().min_by_key(distance).filter(|known| distance(known) <= MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_services_and_reserved_ones_are_not_misspelt() {
        for (name, value) in [
            ("ASSETMOCK_SERVICE_HOST", "10.0.0.1"),
            ("ASSETMOCK_PORT_4750_TCP_ADDR", "10.0.0.1"),
            ("ASSETMOCK_CI_PORT", "tcp://10.0.0.1:4750"),
            ("ASSETMOCK_URL", "http://localhost:4750"),
        ] {
            assert!(is_foreign(name, value), "{name}");
        }
        assert!(!is_foreign("ASSETMOCK_FIXTRUE", "empty") && !is_foreign("ASSETMOCK_CI_PORT", "80"));
    }

    #[test]
    fn a_misspelt_name_is_near_and_another_is_not() {
        let known = variables(&Cli::command());
        assert_eq!(nearest("ASSETMOCK_FIXTRUE", &known).map(String::as_str), Some("ASSETMOCK_FIXTURE"));
        assert_eq!(nearest("ASSETMOCK_UNHEARD_OF", &known), None);
    }
}
