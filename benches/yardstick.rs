//! The yardstick of the benchmarks: the barest server that answers the same bytes with the same headers, from memory; and a
//! stopwatch for starts and for single requests, since a program in Python would mostly measure itself.
//!
//! `yardstick serve ADDRESS ANSWERS` serves a file of recorded answers; `yardstick start TIMES REQUEST PROGRAM…` starts a
//! program that listens on `127.0.0.1:PORT` again and again, where `PORT` stands for a free port in its arguments, and
//! prints how many milliseconds passed from each start to the end of the first answer, and from the signal to the exit.
//! `yardstick turns TIMES REQUEST ADDRESS ADDRESS` sends a request to two servers by turns, on one connection to each, and
//! prints the microseconds from each request to the end of its answer.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use axum::serve::ListenerExt;
use serde::Deserialize;

#[derive(Deserialize)]
struct Recorded {
    method: String,
    target: String,
    key: String,
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

#[derive(Clone)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn of(recorded: &Recorded) -> Answer {
        let header = |(name, value): &(String, String)| {
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        };
        Answer {
            status: StatusCode::from_u16(recorded.status).unwrap_or_default(),
            headers: recorded.headers.iter().filter_map(header).collect(),
            body: recorded.body.clone().into(),
        }
    }

    fn response(&self) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        response
    }
}

#[expect(clippy::unwrap_used, reason = "a yardstick that cannot be made is none")]
fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["serve", address, answers] => {
            let recorded: Vec<Recorded> = serde_json::from_str(&std::fs::read_to_string(answers).unwrap()).unwrap();
            tokio::runtime::Runtime::new().unwrap().block_on(serve(address, &recorded));
        }
        ["start", times, request, program, ..] => {
            let taken: Vec<_> = (0..times.parse().unwrap()).map(|_| start(request, program, &words[4..])).collect();
            println!("{}", serde_json::to_string(&taken).unwrap());
        }
        ["turns", times, request, one, other] => {
            let mut servers = [one, other].map(|address| TcpStream::connect(address).unwrap());
            servers.iter().for_each(|server| server.set_nodelay(true).unwrap());
            let taken: Vec<_> =
                (0..times.parse().unwrap()).map(|_| servers.each_mut().map(|server| turn(request, server))).collect();
            println!("{}", serde_json::to_string(&taken).unwrap());
        }
        _ => panic!(
            "yardstick serve ADDRESS ANSWERS | start TIMES REQUEST PROGRAM… | turns TIMES REQUEST ADDRESS ADDRESS"
        ),
    }
}

#[expect(clippy::unwrap_used, reason = "a yardstick that cannot be made is none")]
async fn serve(address: &str, recorded: &[Recorded]) {
    let app = match recorded {
        [only] => {
            let answer = Answer::of(only);
            Router::new().fallback(move || {
                let response = answer.response();
                async { response }
            })
        }
        several => {
            let of = |it: &Recorded| ((it.method.clone(), it.target.clone(), it.key.clone()), Answer::of(it));
            let answers: Arc<HashMap<_, _>> = Arc::new(several.iter().map(of).collect());
            Router::new().fallback(move |request: Request| {
                let target = request.uri().path_and_query().map_or("", |target| target.as_str());
                let key =
                    ["authorization", "x-api-key"].iter().find_map(|name| request.headers().get(*name)?.to_str().ok());
                let asked = (request.method().to_string(), target.to_owned(), key.unwrap_or_default().to_owned());
                let response = answers.get(&asked).map(Answer::response);
                async { response.unwrap_or_else(|| Answer::of(&MISSING).response()) }
            })
        }
    };
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, app).await.unwrap();
}

/// What is answered to a request that was never recorded: the benchmark counts it as an error.
const MISSING: Recorded = Recorded {
    method: String::new(),
    target: String::new(),
    key: String::new(),
    status: 599,
    headers: Vec::new(),
    body: String::new(),
};

/// Milliseconds to the first answer, and to the end.
#[expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a measurement that fails is none")]
fn start(request: &str, program: &str, arguments: &[&str]) -> (f64, f64) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let arguments = arguments.iter().map(|word| word.replace("PORT", &port.to_string()));
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let mut child = command.spawn().unwrap();
    let answer = loop {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            break answer;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "no answer");
        std::thread::sleep(Duration::from_micros(50));
    };
    let answered = began.elapsed();
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
    let asked = Instant::now();
    // Ctrl-C and its like are not in the standard library.
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    child.wait().unwrap();
    (answered.as_secs_f64() * 1000.0, asked.elapsed().as_secs_f64() * 1000.0)
}

/// Microseconds to the end of the answer.
#[expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a measurement that fails is none")]
fn turn(request: &str, server: &mut TcpStream) -> f64 {
    let (mut answer, mut length) = (Vec::with_capacity(64 << 10), None);
    let mut piece = [0; 64 << 10];
    let began = Instant::now();
    server.write_all(request.as_bytes()).unwrap();
    while length.is_none_or(|length| answer.len() < length) {
        let read = server.read(&mut piece).unwrap();
        assert!(read > 0, "the server went away");
        answer.extend_from_slice(&piece[..read]);
        length = length.or_else(|| whole(&answer));
    }
    let taken = began.elapsed();
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
    taken.as_secs_f64() * 1_000_000.0
}

/// The length of an answer, if its head is complete.
fn whole(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let lines = std::str::from_utf8(&answer[..head]).ok()?.lines();
    let body =
        lines.filter_map(|line| line.split_once(": ")).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    Some(head + body?.1.parse::<usize>().ok()?)
}
