//! A fetcher and servers on loopback, which only these tests may connect to.

use std::collections::HashMap;
use std::fs;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::http::connection::tls::{Names, Tls};

const RULES: FetchRules = FetchRules { schemes: &["https", "http"], max: 100_000 };

/// Where the tests' own servers are.
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A server that answers every request by what its path says, and remembers the heads.
struct Files {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Files {
    /// `answer` is given the path, and gets the end of the response as bytes and whether more of it never comes.
    async fn serve(answer: impl Fn(&str) -> Answer + Send + Sync + 'static, tls: Option<TlsAcceptor>) -> Files {
        let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
        let (port, heads) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::new(Vec::new())));
        let (answer, seen) = (Arc::new(answer), heads.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, seen, tls) = (answer.clone(), seen.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => converse(stream, &*answer, &seen).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => converse(stream, &*answer, &seen).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Files { port, heads }
    }

    fn url(&self, host: &str, path: &str) -> Url {
        Url::parse(&format!("http://{host}:{}{path}", self.port)).unwrap()
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

/// What a server sends: these pieces, and then the end, silence, or the last piece again and again.
struct Answer {
    pieces: Vec<Vec<u8>>,
    then: Then,
}

#[derive(PartialEq)]
enum Then {
    End,
    Silence,
    Repeat(Duration),
}

fn whole(text: impl Into<Vec<u8>>) -> Answer {
    Answer { pieces: vec![text.into()], then: Then::End }
}

fn redirect(location: &str) -> Answer {
    whole(format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"))
}

async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &(dyn Fn(&str) -> Answer + Send + Sync),
    seen: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let path = head.split(' ').nth(1)?.to_owned();
    seen.lock().unwrap().push(head);
    let Answer { pieces, then } = answer(&path);
    for piece in &pieces {
        stream.write_all(piece).await.ok()?;
    }
    match then {
        Then::End => stream.shutdown().await.ok(),
        Then::Silence => stream.read_u8().await.ok().map(drop),
        Then::Repeat(pause) => loop {
            tokio::time::sleep(pause).await;
            stream.write_all(pieces.last()?).await.ok()?;
        },
    }
}

/// A fetcher that finds all of these names on loopback, and may connect there.
fn fetcher(names: &[&str]) -> Fetcher {
    let mut table: HashMap<_, _> = names.iter().map(|name| ((*name).to_owned(), vec![LOOPBACK])).collect();
    table.insert("inside.example.com".to_owned(), vec![Ipv4Addr::new(10, 0, 0, 7).into()]);
    let mixed = vec![LOOPBACK, Ipv4Addr::new(169, 254, 169, 254).into()];
    table.insert("mixed.example.com".to_owned(), mixed);
    let is_allowed = |address: IpAddr| address == LOOPBACK || is_public(address);
    Fetcher { resolver: Resolver::Table(table), is_allowed, ..Fetcher::new(None).unwrap() }
}

/// All bytes at the URL, and their type.
async fn read(fetcher: &Fetcher, url: &Url, rules: FetchRules) -> Result<(Vec<u8>, Option<String>), FetchError> {
    let mut file = fetcher.open(url, rules).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = file.next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok((bytes, file.content_type.take()))
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

#[test]
fn a_file_is_read_with_its_type() {
    run(async {
        let ok = "HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\n";
        let files = Files::serve(
            move |path| match path {
                "/length.gif?a=b%20c" => whole(format!("{ok}Content-Length: 5\r\n\r\nGIF89")),
                "/chunked" => whole(format!("{ok}Transfer-Encoding: chunked\r\n\r\n3\r\nGIF\r\n2\r\n89\r\n0\r\n\r\n")),
                _ => whole(format!("{ok}\r\nGIF89")),
            },
            None,
        )
        .await;
        let fetcher = fetcher(&["cdn.example.com"]);
        for path in ["/length.gif?a=b%20c#top", "/chunked", "/until-the-end"] {
            let url = files.url("user:secret@cdn.example.com", path);
            assert_eq!(
                read(&fetcher, &url, RULES).await,
                Ok((b"GIF89".to_vec(), Some("image/gif".to_owned()))),
                "{path}"
            );
        }
        let head = files.heads()[0].to_ascii_lowercase();
        assert!(head.starts_with("get /length.gif?a=b%20c http/1.1\r\n"), "{head}");
        assert!(head.contains(&format!("\r\nhost: cdn.example.com:{}\r\n", files.port)), "{head}");
        assert!(!head.contains("authorization"), "a user and password of the URL are not sent: {head}");
    });
}

#[test]
fn redirects_are_followed_to_public_addresses_only() {
    run(async {
        let files = Files::serve(
            |path| match path {
                "/file" => whole("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
                "/relative" => redirect("file"),
                "/nowhere" => whole("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"),
                "/malformed" => redirect("http://"),
                "/0" => redirect("/file"),
                path => match path[1..].parse::<u32>() {
                    Ok(number) => redirect(&format!("/{}", number - 1)),
                    Err(_) => redirect(path.strip_prefix("/to/").unwrap()),
                },
            },
            None,
        )
        .await;
        let fetcher = fetcher(&["cdn.example.com", "other.example.com"]);
        let refused = |problem| Err(FetchError::Refused(problem));
        let ok = Ok((b"ok".to_vec(), None));
        let port = files.port;
        for (path, expected) in [
            ("/relative".to_owned(), ok.clone()),
            (format!("/to/http://other.example.com:{port}/file"), ok.clone()),
            (format!("/to///other.example.com:{port}/file"), ok.clone()),
            ("/4".to_owned(), ok),
            ("/5".to_owned(), Err(FetchError::TooManyRedirects)),
            (format!("/to/http://127.0.0.1:{port}/file"), refused(UrlProblem::Address)),
            (format!("/to/http://2130706433:{port}/file"), refused(UrlProblem::Address)),
            (format!("/to/http://[::ffff:127.0.0.1]:{port}/file"), refused(UrlProblem::Address)),
            (format!("/to/http://localhost:{port}/file"), refused(UrlProblem::Address)),
            ("/to/http://169.254.169.254/latest/meta-data/".to_owned(), refused(UrlProblem::Address)),
            ("/to/http://inside.example.com/".to_owned(), refused(UrlProblem::Address)),
            (format!("/to/http://mixed.example.com:{port}/file"), refused(UrlProblem::Address)),
            ("/to/file:///etc/passwd".to_owned(), refused(UrlProblem::Scheme)),
            ("/nowhere".to_owned(), Err(FetchError::BadRedirect)),
            ("/malformed".to_owned(), Err(FetchError::BadRedirect)),
        ] {
            assert_eq!(read(&fetcher, &files.url("cdn.example.com", &path), RULES).await, expected, "{path}");
        }
        let https_only = FetchRules { schemes: &["https"], ..RULES };
        let plain = read(&fetcher, &files.url("cdn.example.com", "/file"), https_only).await;
        assert_eq!(plain, refused(UrlProblem::Scheme));
    });
}

#[test]
fn no_notation_of_an_address_and_no_name_leads_to_this_machine() {
    run(async {
        let files = Files::serve(|_| whole("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), None).await;
        let table = |addresses: Vec<IpAddr>| Resolver::Table(HashMap::from([("a.example.com".to_owned(), addresses)]));
        let fetcher = Fetcher { resolver: table(vec![LOOPBACK]), ..Fetcher::new(None).unwrap() };
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.0x0.0x0.0x1",
            "0177.0.0.1",
            "017700000001",
            "127.0.0.1.",
            "0.0.0.0",
            "0",
            "%31%32%37.0.0.1",
            "\u{2460}\u{2461}\u{2466}.0.0.1",
            "127\u{3002}0\u{3002}0\u{3002}1",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "localhost",
            "localhost.",
            "LOCALHOST",
            "a.localhost",
            "public.example.com@127.0.0.1",
            "public.example.com:80@localhost",
            "a.example.com",
        ] {
            let refused = fetcher.open(&files.url(host, "/"), RULES).await.map(drop);
            assert_eq!(refused, Err(FetchError::Refused(UrlProblem::Address)), "{host}");
        }
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.31.0.1",
            "192.168.0.1",
            "224.0.0.1",
            "168.63.129.16",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
        ] {
            let resolver = table(vec![Ipv4Addr::new(203, 0, 113, 7).into(), address.parse().unwrap()]);
            let fetcher = Fetcher { resolver, ..Fetcher::new(None).unwrap() };
            let refused = fetcher.open(&files.url("a.example.com", "/"), RULES).await.map(drop);
            assert_eq!(refused, Err(FetchError::Refused(UrlProblem::Address)), "{address}");
        }
        assert_eq!(files.heads(), Vec::<String>::new(), "nothing was asked for");
    });
}

#[test]
fn a_body_is_read_to_the_largest_length_and_no_further() {
    run(async {
        let files = Files::serve(
            |path| match path {
                "/endless" => Answer {
                    pieces: vec![b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![0; 10_000]],
                    then: Then::Repeat(Duration::ZERO),
                },
                // Nothing of the body is waited for.
                "/announced" => Answer {
                    pieces: vec![b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n".to_vec()],
                    then: Then::Silence,
                },
                "/largest" => whole([b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![0; 100_000]].concat()),
                "/shorter" => whole("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"),
                "/longer" => whole("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nshort and more"),
                "/no-http" => whole("SSH-2.0-OpenSSH_9.6\r\n"),
                "/nothing" => whole(""),
                _ => whole([b"HTTP/1.1 200 OK\r\nX: ".to_vec(), vec![b'x'; 200_000], b"\r\n\r\n".to_vec()].concat()),
            },
            None,
        )
        .await;
        let fetcher = fetcher(&["cdn.example.com"]);
        let too_large = || Err(FetchError::TooLarge { max: 100_000 });
        for (path, expected) in [
            ("/endless", too_large()),
            ("/announced", too_large()),
            ("/largest", Ok(100_000)),
            ("/shorter", Err(FetchError::BrokeOff)),
            ("/longer", Ok(5)),
            ("/no-http", Err(FetchError::BrokeOff)),
            ("/nothing", Err(FetchError::BrokeOff)),
            ("/endless-head", Err(FetchError::BrokeOff)),
        ] {
            let read = read(&fetcher, &files.url("cdn.example.com", path), RULES).await;
            assert_eq!(read.map(|(bytes, _)| bytes.len()), expected, "{path}");
        }
    });
}

#[test]
fn what_does_not_come_is_not_waited_for() {
    run(async {
        let begun = || b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".to_vec();
        let files = Files::serve(
            move |path| match path {
                "/silence" => Answer { pieces: vec![], then: Then::Silence },
                "/stalls" => Answer { pieces: vec![begun(), b"abc".to_vec()], then: Then::Silence },
                _ => Answer { pieces: vec![begun(), b"a".to_vec()], then: Then::Repeat(Duration::from_millis(5)) },
            },
            None,
        )
        .await;
        let long = Duration::from_secs(600);
        let short = Duration::from_millis(200);
        let of_reads = FetchTimeouts { connect: long, read: short, whole: long };
        let of_all = FetchTimeouts { connect: long, read: long, whole: short };
        let names = ["cdn.example.com"];
        for (path, timeouts) in
            [("/silence", of_reads), ("/stalls", of_reads), ("/trickles", of_all), ("/silence", of_all)]
        {
            let fetcher = Fetcher { timeouts, ..fetcher(&names) };
            let read = read(&fetcher, &files.url("cdn.example.com", path), RULES).await;
            assert_eq!(read, Err(FetchError::Timeout), "{path}");
        }
    });
}

#[test]
fn what_is_no_file_says_why() {
    run(async {
        let files =
            Files::serve(|path| whole(format!("HTTP/1.1 {} X\r\nContent-Length: 0\r\n\r\n", &path[1..])), None).await;
        let fetcher = fetcher(&["cdn.example.com", "closed.example.com"]);
        for status in [204, 206, 304, 401, 404, 500] {
            let read = read(&fetcher, &files.url("cdn.example.com", &format!("/{status}")), RULES).await;
            assert_eq!(read, Err(FetchError::Status(status)));
        }
        let unknown = read(&fetcher, &files.url("unknown.example.com", "/200"), RULES).await;
        assert_eq!(unknown, Err(FetchError::UnknownHost));
        // Nobody listens on a port that is only bound, and nobody else gets it.
        let bound = TcpSocket::new_v4().unwrap();
        bound.bind((LOOPBACK, 0).into()).unwrap();
        let port = bound.local_addr().unwrap().port();
        let closed = Url::parse(&format!("http://closed.example.com:{port}/")).unwrap();
        assert_eq!(read(&fetcher, &closed, RULES).await, Err(FetchError::Unreachable));
    });
}

#[test]
fn certificates_are_checked() {
    run(async {
        let tls = Tls::new(Names::new(["cdn.example.com"]));
        let identity = tls.identity().unwrap();
        let acceptor = TlsAcceptor::from(identity.config().clone());
        let files = Files::serve(|_| whole("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), Some(acceptor)).await;
        let url = |host| Url::parse(&format!("https://{host}:{}/", files.port)).unwrap();
        let file = std::env::temp_dir().join(format!("assetmock-fetch-{}.pem", std::process::id()));
        fs::write(&file, identity.authority()).unwrap();
        let trusting = Fetcher {
            tls: Arc::new(tls_config(Some(&file)).unwrap()),
            ..fetcher(&["cdn.example.com", "cdn.example.com."])
        };
        fs::remove_file(&file).unwrap();
        assert_eq!(read(&trusting, &url("cdn.example.com"), RULES).await, Ok((b"ok".to_vec(), None)));
        assert_eq!(read(&trusting, &url("cdn.example.com."), RULES).await, Ok((b"ok".to_vec(), None)));
        let other = Fetcher { resolver: fetcher(&["other.example.com"]).resolver, ..trusting };
        for (fetcher, host) in [(fetcher(&["cdn.example.com"]), "cdn.example.com"), (other, "other.example.com")] {
            let read = read(&fetcher, &url(host), RULES).await;
            assert!(matches!(read, Err(FetchError::Tls(_))), "{host}: {read:?}");
        }
        let missing = Fetcher::new(Some(&file)).map(drop).unwrap_err();
        assert!(missing.contains("cannot be read"), "{missing}");
    });
}
