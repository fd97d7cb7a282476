//! What `--help` shows.

use crate::cli::{run, stdout};
use crate::process::{Folder, Running, program};

#[test]
fn the_help_has_its_options_under_headings_and_nothing_else_under_options() {
    for arguments in [&["--help"][..], &["serve", "--help"], &["help", "serve"]] {
        let help = run(arguments);
        let help = stdout(&help);
        let (_, options) = help.split_once("\nOptions:\n").unwrap();
        let (plain, grouped) = options.split_once("\n\nAddress:\n").unwrap();
        assert!(!plain.contains("\n      --"), "an option has no heading: {plain}");
        for (heading, option) in [
            ("Library", "--database"),
            ("Clock, request ids and limits", "--clock"),
            ("Access", "--auth"),
            ("Vendors", "--variant"),
            ("Journal", "--journal-entries"),
            ("Log", "--log-format"),
        ] {
            let (_, below) = grouped.split_once(&format!("\n\n{heading}:\n")).unwrap();
            assert!(below.starts_with(&format!("      {option} ")), "{heading}: {below}");
        }
    }
}

#[test]
fn the_help_lists_the_commands_by_use_and_says_of_each_option_what_it_is_to_that_command() {
    let help = run(&["--help"]);
    let (_, commands) = stdout(&help).split_once("\nCommands:\n").unwrap();
    let names: Vec<_> = commands.lines().map_while(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    assert_eq!(names[..4], ["serve", "exec", "env", "keys"]);
    let help = run(&["exec", "--help"]);
    let help = stdout(&help);
    let place = |text: &str| help.find(text).unwrap_or_else(|| panic!("{text} in {help}"));
    assert!(place("  <CMD>...") < place("\nCommand:\n") && place("\nCommand:\n") < place("\nAddress:\n"));
    for (command, says) in [
        ("serve", "Write the real port to this file"),
        ("exec", "Write the real port to this file"),
        ("env", "Read the port from this file"),
        ("healthcheck", "Read the port from this file"),
        ("healthcheck", "Address the server listens on"),
        ("keys", "The fixture to read"),
        ("export", "The fixture to read"),
    ] {
        assert!(stdout(&run(&[command, "--help"])).contains(says), "{command}");
    }
}

#[test]
fn the_help_has_examples_that_work_and_names_the_emulators_own_api() {
    let help = run(&["--help"]);
    let help = stdout(&help);
    let (_, below) = help.split_once("\nExamples:\n").unwrap();
    let (examples, own_api) = below.split_once("\nThe emulator's own API:\n").unwrap();
    let commands: Vec<_> = examples.lines().filter_map(|line| line.strip_prefix("  assetmock")).collect();
    assert!(commands.len() > 3 && commands.contains(&""), "{examples}");
    let folder = Folder::new();
    folder.write("library.json", r#"{"workspaces":[{"id":"ws_a"}]}"#);
    for command in commands {
        // The port file of a server that a test starts is chosen by `Running`.
        let arguments: Vec<_> = command.trim_end_matches(" --port-file port.txt").split_whitespace().collect();
        let mut program = program();
        program.args(&arguments).current_dir(folder.file(""));
        if arguments.first().is_none_or(|first| first.starts_with("--")) {
            Running::start_with(program.env("ASSETMOCK_LISTEN", "127.0.0.1:0"));
        } else {
            assert!(program.output().unwrap().status.success(), "{command}");
        }
    }
    let server = Running::start(&["--fixture", "empty"]);
    for path in own_api.split("GET ").skip(1).filter_map(|rest| rest.split('`').next()) {
        assert_eq!(server.get(path, "Accept: */*").0, 200, "{path}");
    }
}

#[test]
fn the_variant_in_the_help_is_one_that_can_be_chosen() {
    let help = run(&["--help"]);
    let (_, rest) = stdout(&help).split_once("documents disagree, such as `").unwrap();
    let (variant, _) = rest.split_once('`').unwrap();
    Running::start(&["--variant", variant]);
}
