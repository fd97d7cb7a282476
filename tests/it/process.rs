//! The program in a process of its own, and clients that keep their connection to it.

use std::fs::File;
use std::io::{self, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::net::TcpSocket;

use crate::support::Answer;

/// A directory of this test's own, gone at its end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let all = Path::new(env!("CARGO_TARGET_TMPDIR"));
        std::fs::create_dir_all(all).unwrap();
        loop {
            let path = all.join(format!("it-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
            match std::fs::create_dir(&path) {
                Ok(()) => return Folder(path),
                // A run that was killed left it, and its process had the same number.
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::AlreadyExists, "{path:?}: {error}"),
            }
        }
    }

    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.join(name), text).unwrap();
        self.file(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Windows keeps a directory while a process that was just killed has a file open there; the target directory is
        // cleaned by whoever cleans it.
        let gone = std::fs::remove_dir_all(&self.0);
        assert!(cfg!(windows) || std::thread::panicking() || gone.is_ok(), "{gone:?}");
    }
}

/// The program, without the settings that the environment may have for it.
pub fn program() -> Command {
    command(env!("CARGO_BIN_EXE_assetmock"))
}

/// A command without the variables of the environment that would change what the program or its clients do.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(name);
    command.stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_setting) {
            command.env_remove(name);
        }
    }
    command
}

/// Whether a variable of the environment changes what the program does, or what its clients reach.
fn is_setting(variable: &str) -> bool {
    variable.starts_with("ASSETMOCK_")
        || variable == "GITHUB_STEP_SUMMARY"
        || variable.to_ascii_lowercase().ends_with("_proxy")
}

/// Sends a signal to a process.
#[cfg(unix)]
pub fn send_signal(signal: Signal, process: u32) {
    let process = Pid::from_raw(process.try_into().unwrap()).unwrap();
    kill_process(process, signal).unwrap();
}

/// A port on which nobody listens, and that nobody else is given while this is there.
pub fn closed_port() -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket
}

/// An address, with any port, on which only the test with this number listens. Other systems than Linux have one such
/// address for all.
pub fn own_address(number: u8) -> String {
    let last = if cfg!(target_os = "linux") { number } else { 1 };
    format!("127.0.0.{last}:0")
}

/// A running server.
pub struct Running {
    child: Option<Child>,
    pub port: String,
    folder: Folder,
}

const STDOUT: &str = "stdout";
const STDERR: &str = "stderr";

impl Running {
    pub fn start(arguments: &[&str]) -> Running {
        Running::start_with(program().args(["serve", "--listen", "127.0.0.1:0"]).args(arguments))
    }

    pub fn start_with(command: &mut Command) -> Running {
        let folder = Folder::new();
        // Files, not pipes: nobody reads while it runs, and what no longer fits into a pipe would be dropped.
        let output = |name| File::create(folder.file(name)).unwrap();
        Running::spawn(command.stdout(output(STDOUT)).stderr(output(STDERR)), folder)
    }

    /// Starts it with the standard output and error that `command` has; `stop` then gives neither.
    pub fn start_as(command: &mut Command) -> Running {
        Running::spawn(command, Folder::new())
    }

    fn spawn(command: &mut Command, folder: Folder) -> Running {
        let file = folder.file("port");
        let mut child = command.env("ASSETMOCK_PORT_FILE", &file).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while !Path::new(&file).exists() {
            if child.try_wait().unwrap().is_some() {
                let said = std::fs::read_to_string(folder.file(STDERR)).unwrap_or_default();
                panic!("the server did not start: {said}");
            }
            assert!(Instant::now() < deadline, "the server did not become ready");
            std::thread::sleep(Duration::from_millis(2));
        }
        let port = std::fs::read_to_string(&file).unwrap().trim().to_owned();
        Running { child: Some(child), port, folder }
    }

    /// A connection of its own.
    pub fn connect(&self) -> Client {
        Client::connect(&self.port)
    }

    pub fn get(&self, path: &str, header: &str) -> (u16, Value) {
        let answer = self.connect().ask("GET", path, &[header], "");
        (answer.status, answer.json())
    }

    pub fn first_konpro_name(&self, key: &str) -> Value {
        let (status, body) = self.get("/konpro/v1/asset/list?limit=1", &format!("x-api-key: {key}"));
        assert_eq!(status, 200, "{body}");
        body["assets"][0]["name"].clone()
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.as_ref().map(Child::id).unwrap()
    }

    /// What it writes to standard error, if that is a pipe.
    pub fn take_stderr(&mut self) -> ChildStderr {
        self.child.as_mut().and_then(|child| child.stderr.take()).unwrap()
    }

    /// Waits until it has written this to standard output.
    pub fn wait_for_stdout(&self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !std::fs::read_to_string(self.folder.file(STDOUT)).unwrap().contains(text) {
            assert!(Instant::now() < deadline, "{text} is not written");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Asks it to stop the way a service manager does, and gives its output.
    pub fn stop(mut self) -> Output {
        let child = self.child.as_mut().unwrap();
        #[cfg(unix)]
        send_signal(Signal::TERM, child.id());
        #[cfg(not(unix))]
        child.kill().unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None => std::thread::sleep(Duration::from_millis(2)),
            }
            assert!(Instant::now() < deadline, "the server did not stop");
        };
        let said = |name| std::fs::read(self.folder.file(name)).unwrap_or_default();
        Output { status, stdout: said(STDOUT), stderr: said(STDERR) }
    }

    /// Ends it at once, whatever it is doing: SIGKILL, or Windows' TerminateProcess.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

/// A server that a test leaves behind ends with the test.
impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// A client that keeps its connection.
pub struct Client {
    stream: TcpStream,
    port: String,
}

impl Client {
    fn connect(port: &str) -> Client {
        let stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Client { stream, port: port.to_owned() }
    }

    /// Sends a request, and does not wait for the answer.
    pub fn send(&mut self, method: &str, target: &str, headers: &[&str], body: &str) -> io::Result<()> {
        let lines: String = headers.iter().filter(|line| !line.is_empty()).map(|line| format!("{line}\r\n")).collect();
        let (port, length) = (&self.port, body.len());
        let head =
            format!("{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{lines}Content-Length: {length}\r\n\r\n");
        self.stream.write_all((head + body).as_bytes())
    }

    /// Reads the answer to what was sent.
    pub fn receive(&mut self) -> io::Result<Answer> {
        Answer::try_read(&mut self.stream, false)
    }

    /// Waits until something of the answer is there, and leaves it there.
    pub fn wait_for_a_byte(&self) {
        assert_eq!(self.stream.peek(&mut [0]).unwrap(), 1);
    }

    /// Sends a request and reads its answer.
    pub fn ask(&mut self, method: &str, target: &str, headers: &[&str], body: &str) -> Answer {
        self.send(method, target, headers, body).and_then(|()| self.receive()).unwrap()
    }

    /// Asks the emulator's own API, which must be pleased.
    pub fn steer(&mut self, method: &str, path: &str, body: &str) -> Value {
        let answer = self.ask(method, &format!("/_emulator/{path}"), &[], body);
        assert!((200..300).contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.text());
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }
}
