//! Where the sandbox listens.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

use session_devnet::StartError;

/// The default port. It recalls SNIP-163, and browsers connect to it.
pub const DEFAULT_PORT: u16 = 5163;

/// The ports that the fetch standard forbids ("bad port"). Browsers and Node refuse to connect to them, and
/// most clients only report that the fetch failed.
const FORBIDDEN: [u16; 82] = [
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
    103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
    512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
    995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
    6669, 6679, 6697, 10080,
];
/// How many free ports are tried if the system chooses the port.
const ATTEMPTS: usize = 16;

/// Listens on `port` of `host`. Without a host, it listens on the loopback interface of IPv4 and, where there
/// is one, of IPv6, since `localhost` may be either. Returns the first listener's address; clients connect to
/// it.
///
/// # Errors
/// [`StartError::Start`] if no client could connect to the port, or if another program uses it.
pub async fn listen(
    host: Option<IpAddr>,
    port: u16,
) -> Result<(SocketAddr, Vec<TcpListener>), StartError> {
    if FORBIDDEN.contains(&port) {
        return Err(StartError::Start(format!(
            "port {port} is one that the fetch standard forbids: browsers and Node refuse to connect to \
             it (\"bad port\", ERR_UNSAFE_PORT). Choose another one, such as {DEFAULT_PORT}"
        )));
    }
    let mut attempts = 0;
    loop {
        attempts += 1;
        match bind(host, port).await {
            Ok((address, listeners)) if !FORBIDDEN.contains(&address.port()) => {
                return Ok((address, listeners));
            }
            Err(error) if port != 0 || attempts == ATTEMPTS => {
                let host = host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
                let what = match error.kind() {
                    io::ErrorKind::AddrInUse => "another program listens there".to_owned(),
                    _ => error.to_string(),
                };
                return Err(StartError::Start(format!(
                    "port {port} of {host}: {what}. Choose another one, or 0 for any that is free"
                )));
            }
            // The port is forbidden, or is free for IPv4 alone: another one is tried.
            _ => {}
        }
    }
}

async fn bind(host: Option<IpAddr>, port: u16) -> io::Result<(SocketAddr, Vec<TcpListener>)> {
    let first = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let listener = TcpListener::bind((host.unwrap_or(first), port)).await?;
    let address = listener.local_addr()?;
    let mut listeners = vec![listener];
    if host.is_none() {
        listeners.extend(if_any(TcpListener::bind((Ipv6Addr::LOCALHOST, address.port())).await)?);
    }
    Ok((address, listeners))
}

/// Returns what was `bound` for IPv6; `None` if this machine has no IPv6.
fn if_any<L>(bound: io::Result<L>) -> io::Result<Option<L>> {
    match bound {
        Ok(listener) => Ok(Some(listener)),
        // Otherwise `localhost` would lead some clients to the sandbox and others to the other program.
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(error),
        Err(error) => {
            tracing::debug!(%error, "there is no IPv6 here");
            Ok(None)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    #[tokio::test]
    async fn ports_that_fetch_forbids_are_refused_with_the_reason_and_the_default_is_none() {
        assert!(!FORBIDDEN.contains(&DEFAULT_PORT));
        let refused = listen(None, 5060).await.unwrap_err().to_string();
        assert!(refused.contains("port 5060") && refused.contains("bad port"), "{refused}");
    }

    /// Returns every document of the repository below `folder`.
    fn documents(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
        let is_skipped = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with('.') || ["target", "node_modules"].contains(&&*name)
        };
        let mut found = Vec::new();
        for path in entries.filter(|it| !is_skipped(it) && !it.is_symlink()) {
            if path.is_dir() {
                found.extend(documents(&path));
            } else if path.extension().is_some_and(|it| it == "md") {
                found.push(path);
            }
        }
        found
    }

    #[test]
    fn every_port_that_a_document_prints_is_allowed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut count = 0;
        for path in documents(&root) {
            let text = fs::read_to_string(&path).unwrap();
            for rest in text.split("--port ").skip(1) {
                let digits = rest.split(|it: char| !it.is_ascii_digit()).next().unwrap_or_default();
                let Ok(port) = digits.parse() else { continue };
                assert!(!FORBIDDEN.contains(&port), "{}: `serve` refuses {port}", path.display());
                count += 1;
            }
        }
        assert!(count > 2, "{count}");
    }

    #[tokio::test]
    async fn a_port_that_is_taken_for_ipv6_alone_is_taken() {
        let bound = |kind: io::ErrorKind| if_any::<()>(Err(kind.into()));
        assert!(bound(io::ErrorKind::AddrInUse).is_err());
        assert!(matches!(bound(io::ErrorKind::AddrNotAvailable), Ok(None)));
        match TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await {
            Ok(other) => {
                let port = other.local_addr().unwrap().port();
                let refused = listen(None, port).await.unwrap_err().to_string();
                assert!(refused.contains("another program listens there"), "{refused}");
            }
            // A machine without IPv6 has one listener.
            Err(_) => assert_eq!(listen(None, 0).await.unwrap().1.len(), 1),
        }
    }
}
