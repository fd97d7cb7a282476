//! Whether the `node` of the command reads `NODE_USE_ENV_PROXY`, which makes its `fetch` use a proxy.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long `node --version` may take.
const LIMIT: Duration = Duration::from_secs(3);

/// A warning if the `node` in `PATH` is too old. `None` also if there is no `node` or it does not answer in time.
pub fn too_old() -> Option<String> {
    let version = version()?;
    (!reads_proxy(&version)?).then(|| {
        format!(
            "assetmock: `node` is {version} and takes no proxy from its environment, so what its `fetch` sends to a vendor goes to the real service; use 22.21 or a later 22, or 24 or later\n"
        )
    })
}

fn version() -> Option<String> {
    let mut command = Command::new("node");
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let mut output = child.stdout.take()?;
    let (sender, answer) = mpsc::channel();
    // Reads in a thread, since reading has no timeout. The thread ends at the end of the output.
    thread::spawn(move || {
        let mut text = String::new();
        let read = output.read_to_string(&mut text);
        let _ = sender.send(read.ok().map(|_| text));
    });
    let text = answer.recv_timeout(LIMIT).ok().flatten();
    // `node` has ended, or it is too slow.
    let _ = child.kill();
    let _ = child.wait();
    text.map(|text| text.trim().to_owned())
}

/// Whether this version knows `NODE_USE_ENV_PROXY`; `None`: the text is not a version.
fn reads_proxy(version: &str) -> Option<bool> {
    let mut numbers = version.strip_prefix('v')?.split('.').map(|number| number.parse::<u32>().ok());
    let (major, minor) = (numbers.next()??, numbers.next()??);
    Some(major >= 24 || (major == 22 && minor >= 21))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_that_take_a_proxy_from_the_environment_are_known() {
        for (version, reads) in [("v20.20.2", false), ("v22.20.0", false), ("v22.21.0", true), ("v23.11.1", false)] {
            assert_eq!(reads_proxy(version), Some(reads), "{version}");
        }
        assert_eq!((reads_proxy("v24.0.0"), reads_proxy("v26.1.0-rc.1")), (Some(true), Some(true)));
        assert_eq!((reads_proxy(""), reads_proxy("v24"), reads_proxy("24.0.0")), (None, None, None));
    }
}
