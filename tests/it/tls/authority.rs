//! The authority: who gets its certificate, whom it vouches for, and where its key is.

use std::io::{Read, Write};
use std::path::Path;

use assetmock::emulator::app::{App, Settings};
use assetmock::http::connection::tls::{Names, Tls};
use serde_json::json;

use super::client::{authority, connect, trusting};
use super::start;
use crate::process::{Folder, Running};
use crate::support::Server;

fn asked(server: &Server, headers: &[&str]) -> (u16, String) {
    let answer = server.get("/_emulator/ca.pem", headers);
    (answer.status, answer.text().to_owned())
}

#[test]
fn the_certificate_of_the_authority_needs_no_token() {
    let settings = Settings { admin_token: Some("s3cret".to_owned()), ..Settings::default() };
    let server = start(|app| App { settings, ..app });
    for headers in [vec![], vec!["Host: mock.example.com"], vec!["Origin: https://evil.example"]] {
        assert_eq!(asked(&server, &headers), (200, authority(&server)), "{headers:?}");
    }
    assert_eq!(server.get("/_emulator/ca.pem", &[]).header("content-type"), Some("text/plain"));
    assert_eq!(server.get("/_emulator/ca.pem/", &[]).status, 401);
}

/// Whether a client that trusts this authority is answered by a server that calls itself so.
fn is_trusted(port: &str, host: &str, authority: &str) -> bool {
    let address = format!("127.0.0.1:{port}").parse().unwrap();
    let mut stream = connect(address, host, trusting(&[authority], &["http/1.1"]));
    let request = format!("GET /_emulator/health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let mut answer = Vec::new();
    let outcome = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_end(&mut answer));
    outcome.is_ok() && answer.starts_with(b"HTTP/1.1 200 OK")
}

fn certificate(server: &Running) -> String {
    server.connect().ask("GET", "/_emulator/ca.pem", &[], "").text().to_owned()
}

/// Neither the clock nor the seed of the emulator has a part in it: a client's clock is the machine's.
#[test]
fn certificates_are_valid_now_and_never_the_same_whatever_the_clock_and_the_seed() {
    let options = ["--clock", "2020-01-01T00:00:00Z", "--seed", "7"];
    let (one, other) = (Running::start(&options), Running::start(&options));
    let authorities = [certificate(&one), certificate(&other)];
    assert_ne!(authorities[0], authorities[1]);
    for host in ["localhost", "127.0.0.1", "::1", "app.flora.ai", "upload.konpro.ai", "konpro.localhost"] {
        assert!(is_trusted(&one.port, host, &authorities[0]), "{host}");
    }
    assert!(!is_trusted(&one.port, "localhost", &authorities[1]));
}

#[test]
fn a_kept_authority_outlives_the_server_and_its_key_is_for_the_owner_only() {
    let folder = Folder::new();
    let directory = folder.file("tls");
    let options = ["--tls-dir", &*directory];
    let one = Running::start(&options);
    let kept = std::fs::read_to_string(folder.file("tls/ca.pem")).unwrap();
    assert_eq!(certificate(&one), kept);
    assert!(is_trusted(&one.port, "localhost", &kept));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| std::fs::metadata(folder.file(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("tls"), mode("tls/authority.pem")), (0o700, 0o600));
    }
    let said = String::from_utf8(one.stop().stderr).unwrap();
    assert!(!said.contains("replaced"), "{said}");
    let two = Running::start(&options);
    assert_eq!(certificate(&two), kept);
    assert!(is_trusted(&two.port, "localhost", &kept));
    let mut names: Vec<_> = Path::new(&directory).read_dir().unwrap().map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".lock", "authority.pem", "ca.pem"]);
}

#[test]
fn a_kept_authority_that_lacks_a_name_or_has_expired_is_replaced_and_that_is_said() {
    let folder = Folder::new();
    let directory = folder.file("tls");
    let file = folder.file("tls/authority.pem");
    let run = |more: &[&str]| {
        let server = Running::start(&[&["--tls-dir", &*directory], more].concat());
        let authority = certificate(&server);
        assert!(is_trusted(&server.port, "localhost", &authority));
        if let [_, name] = more {
            assert!(is_trusted(&server.port, name, &authority), "{name}");
        }
        (authority, String::from_utf8(server.stop().stderr).unwrap())
    };
    let (first, _) = run(&[]);
    let (second, said) = run(&["--tls-name", "Mock.Example.com"]);
    assert!(
        first != second && said.contains("replaced") && said.contains("cannot vouch for `mock.example.com`"),
        "{said}"
    );
    // What it can do besides does no harm.
    let (third, said) = run(&[]);
    assert!(second == third && !said.contains("replaced"), "{said}");
    let text = std::fs::read_to_string(&file).unwrap();
    let until = text.lines().find_map(|line| line.strip_prefix("until: ")).unwrap();
    std::fs::write(&file, text.replace(until, "2020-01-01T00:00:00Z")).unwrap();
    let (fourth, said) = run(&[]);
    assert!(third != fourth && said.contains("it is valid until 2020-01-01T00:00:00Z"), "{said}");
    std::fs::write(&file, "nonsense").unwrap();
    let (fifth, said) = run(&[]);
    assert!(fourth != fifth && said.contains("replaced"), "{said}");
    assert_eq!(std::fs::read_to_string(folder.file("tls/ca.pem")).unwrap(), fifth);
}

#[test]
fn several_servers_that_start_at_once_share_the_authority_that_they_keep() {
    let folder = Folder::new();
    let directory = folder.file("tls");
    let make = || {
        let (tls, warnings) = Tls::kept_in(directory.clone().into(), Names::new(["mock.test"])).unwrap();
        assert_eq!(warnings, [""; 0]);
        tls.identity().unwrap().authority().to_owned()
    };
    let made: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(made.iter().all(|one| *one == made[0]));
}

/// What is said of the authority of a directory that is opened for this name.
fn warnings(directory: &str, name: &str) -> Vec<String> {
    Tls::kept_in(directory.into(), Names::new([name])).unwrap().1
}

#[test]
fn several_servers_with_different_names_share_an_authority_for_all_of_them() {
    let folder = Folder::new();
    let directory = folder.file("tls");
    // In each round a server waits for three others at most, since it does not wait for ever.
    for round in 0..8 {
        std::thread::scope(|scope| {
            for number in 0..4 {
                let directory = &directory;
                scope.spawn(move || warnings(directory, &format!("mock-{round}-{number}.test")));
            }
        });
        let kept = |name: &str| std::fs::read_to_string(Path::new(&directory).join(name)).unwrap();
        assert!(kept("authority.pem").contains(&kept("ca.pem")), "the files are of different authorities");
        for number in 0..4 {
            assert_eq!(warnings(&directory, &format!("mock-{round}-{number}.test")), [""; 0]);
        }
    }
    assert_eq!(warnings(&directory, "mock-0-0.test"), [""; 0], "a new authority has the names of the old one");
}

#[test]
fn what_servers_left_that_were_killed_is_removed_and_nothing_else() {
    let folder = Folder::new();
    std::fs::create_dir(folder.file("tls")).unwrap();
    for name in ["authority.123.0.new", "ca.123.1.new", "mine.new", "ca.new.pem"] {
        folder.write(&format!("tls/{name}"), "");
    }
    warnings(&folder.file("tls"), "mock.test");
    let files = Path::new(&folder.file("tls")).read_dir().unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".lock", "authority.pem", "ca.new.pem", "ca.pem", "mine.new"]);
}

/// Whatever the lines above it say.
#[test]
fn a_kept_authority_is_what_its_certificate_says() {
    let folder = Folder::new();
    let kept = |directory: &str| {
        warnings(&folder.file(directory), "mock.test");
        std::fs::read_to_string(folder.file(&format!("{directory}/authority.pem"))).unwrap()
    };
    let (one, other) = (kept("one"), kept("other"));
    let begin = |text: &str| text.find("-----BEGIN PRIVATE KEY").unwrap();
    let line = one.lines().find(|line| line.starts_with("MII")).unwrap();
    for (text, name, why) in [
        (one.replace("mock.test", "mock.test other.test"), "other.test", "cannot vouch for `other.test`"),
        (format!("{}{}", &one[..begin(&one)], &other[begin(&other)..]), "mock.test", "is not that of its key"),
        (one.replacen(line, "AAAA", 1), "mock.test", "its certificate cannot be read"),
    ] {
        let file = folder.write("one/authority.pem", text);
        let said = warnings(&folder.file("one"), name).join("; ");
        assert!(said.contains(why) && said.contains(&file) && said.contains("ca.pem"), "{said}");
        assert_eq!(warnings(&folder.file("one"), "mock.test"), [""; 0]);
    }
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_and_a_link_to_nowhere_are_told() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new();
    let directory = folder.file("tls");
    warnings(&directory, "mock.test");
    let file = folder.file("tls/authority.pem");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let said = warnings(&directory, "mock.test").join("; ");
    assert!(said.contains("mode 640") && said.contains(&format!("chmod 600 {file}")), "{said}");
    std::fs::remove_file(&file).unwrap();
    symlink("nowhere", &file).unwrap();
    let why = Tls::kept_in(directory.clone().into(), Names::new(["mock.test"])).err().unwrap();
    assert!(why.contains("`authority.pem` is a link to a file that is not there") && why.contains(&directory), "{why}");
}

#[test]
fn an_authority_that_cannot_be_kept_ends_the_start_and_leaves_no_key_behind() {
    let folder = Folder::new();
    // Nothing can be put in the place of a directory that is not empty.
    for place in ["ca.pem", "authority.pem"] {
        let directory = folder.file(place.trim_end_matches(".pem"));
        std::fs::create_dir_all(Path::new(&directory).join(place).join("in the way")).unwrap();
        let why = Tls::kept_in(directory.clone().into(), Names::new(["mock.test"])).err().unwrap();
        assert!(why.contains(&directory), "{why}");
        let files =
            Path::new(&directory).read_dir().unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let left: Vec<_> = files.filter(|name| name.ends_with(".new")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// Whatever a server writes or tells, unless it is asked to keep its authority.
#[test]
fn no_key_is_in_any_file_log_or_journal() {
    let folder = Folder::new();
    let server = Running::start(&["--database", &folder.file("library.sqlite"), "--log-level", "debug"]);
    assert!(is_trusted(&server.port, "localhost", &certificate(&server)));
    assert!(!is_trusted(&server.port, "example.com", &certificate(&server)));
    let journal = server.connect().steer("GET", "journal", "").to_string();
    let har = server.connect().steer("GET", "journal/har", "").to_string();
    let output = server.stop();
    let files =
        Path::new(&folder.file("")).read_dir().unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    let mut written: Vec<_> = files.collect();
    assert!(!written.is_empty());
    written.extend([output.stdout, output.stderr, journal.into_bytes(), har.into_bytes()]);
    // How a key begins in DER is in all of that kind; in base64 it is this.
    let der = [0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce];
    for bytes in written {
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(!holds(b"PRIVATE KEY") && !holds(&der) && !holds(b"MIGHAgEAMBMGByqGSM"));
    }
}

#[test]
fn a_name_of_the_server_is_local() {
    let settings = Settings { names: vec!["mock.example.com".to_owned()], ..Settings::default() };
    let server = start(|app| App { settings, ..app });
    let made = server.post("POST", "/_emulator/workspaces", &["Host: mock.example.com:4750"], "{}");
    assert_eq!(
        (made.status, &made.json()["base_urls"]["flora"]),
        (201, &json!("http://mock.example.com:4750/flora/api/v1"))
    );
    assert_eq!(server.get("/_emulator/workspaces", &["Host: other.example.com"]).status, 403);
}
