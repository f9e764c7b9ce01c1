//! An empty folder in which commands run. Everything that they print and write there is searched for the
//! secrets that they were given.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use serde_json::{Value, json};
use session_devnet::PredeployedAccount;
use starknet_rust::core::types::Felt;
use starknet_rust::signers::SigningKey;
use url::Url;

use crate::node::Node;
use session_e2e::proxy::{Fate, Proxy};

pub const BINARY: &str = env!("CARGO_BIN_EXE_session-harness");
/// The password of every keystore in the tests.
pub const PASSWORD: &str = "correct-horse-battery";

pub struct Dir {
    path: PathBuf,
    variables: Vec<(&'static str, String)>,
    secrets: Vec<String>,
}

pub struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Dir {
    pub fn empty() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("session-harness-cli-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        let secrets = vec![PASSWORD.to_owned()];
        Self { path, variables: Vec::new(), secrets }
    }

    /// Makes a folder in which `account` acts, with its private key in the environment as in CI.
    pub fn of(url: &Url, account: &PredeployedAccount) -> Self {
        Self::empty()
            .at(url)
            .with("STARKNET_ACCOUNT", format!("{:#066x}", account.address))
            .with_key(account.private_key)
            .with("SESSION_KEYSTORE_PASSWORD", PASSWORD)
    }

    pub fn at(self, url: &Url) -> Self {
        self.with("STARKNET_RPC_URL", url.as_str())
    }

    pub fn with_key(mut self, key: Felt) -> Self {
        self.keep_secret(&format!("{key:x}"));
        self.with("STARKNET_PRIVATE_KEY", format!("{key:#x}"))
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value.into()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self
    }

    pub fn keep_secret(&mut self, secret: &str) {
        self.secrets.push(secret.to_ascii_lowercase());
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.path(name)).unwrap()).unwrap()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.path)
            .env_clear()
            .env("HOME", &self.path)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs `session-harness` with the arguments in `line`.
    #[track_caller]
    pub fn run(&self, line: &str) -> Said {
        self.assert_holds_no_secret("arguments", line);
        let output = self.command(BINARY).args(line.split_whitespace()).output().unwrap();
        self.heard(&output)
    }

    /// Runs `line` in a shell whose PATH has `session-harness`.
    pub fn shell(&self, line: &str) -> Said {
        self.assert_holds_no_secret("the command line", line);
        let output = self.found("sh").args(["-c", line]).output().unwrap();
        self.heard(&output)
    }

    /// Returns the command of `program`, whose PATH has `session-harness`.
    pub fn found(&self, program: &str) -> Command {
        let folder = Path::new(BINARY).parent().unwrap().display();
        let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
        let mut command = self.command(program);
        command.env("PATH", path);
        command
    }

    fn heard(&self, output: &std::process::Output) -> Said {
        let said = Said {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        };
        self.assert_holds_no_secret("stdout", &said.stdout);
        self.assert_holds_no_secret("stderr", &said.stderr);
        said
    }

    /// Starts `line`, so that the test can kill it.
    pub fn start(&self, line: &str) -> Child {
        self.command(BINARY).args(line.split_whitespace()).spawn().unwrap()
    }

    /// Runs `line` with `--json`. It must succeed.
    #[track_caller]
    pub fn done(&self, line: &str) -> Value {
        let said = self.run(&format!("{line} --json"));
        assert_eq!(said.code, 0, "{line}: {}{}", said.stdout, said.stderr);
        serde_json::from_str(&said.stdout).unwrap()
    }

    /// Runs `line` as people do. It must succeed. Returns what it prints on stdout.
    #[track_caller]
    pub fn told(&self, line: &str) -> String {
        let said = self.run(line);
        assert_eq!(said.code, 0, "{line}: {}{}", said.stdout, said.stderr);
        said.stdout
    }

    /// Runs `line` with `--json`. It must fail with `code`. Returns the failure.
    #[track_caller]
    pub fn fails(&self, line: &str, code: i32) -> Value {
        let said = self.run(&format!("{line} --json"));
        assert_eq!(said.code, code, "{line}: {}{}", said.stdout, said.stderr);
        let last = said.stderr.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|_| panic!("no JSON: {}", said.stderr))
    }

    #[track_caller]
    fn assert_holds_no_secret(&self, what: &str, text: &str) {
        let text = text.to_ascii_lowercase();
        for secret in &self.secrets {
            assert!(!text.contains(secret), "{what} tells a secret: {text}");
        }
    }

    /// Makes a session key as `session create` does, in a keystore that starkli's cost makes faster to open.
    pub fn make_session_key(&self) {
        let folder = self.path("sessions");
        DirBuilder::new().mode(0o700).create(&folder).unwrap();
        let key = SigningKey::from_random();
        let path = folder.join(format!("{:#066x}.json", key.verifying_key().scalar()));
        key.save_as_keystore(&path, PASSWORD).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| if path.is_dir() { Self::files(&path) } else { vec![path] })
            .collect()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        if !thread::panicking() {
            for path in Self::files(&self.path) {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                assert!(!name.ends_with(".draft"), "{name} is left over");
                // The test itself wrote this file.
                if ["password.txt", "snfoundry.toml"].contains(&name.as_str()) {
                    continue;
                }
                if let Ok(bytes) = fs::read(&path) {
                    self.assert_holds_no_secret(&name, &String::from_utf8_lossy(&bytes));
                }
            }
        }
        let _ = fs::remove_dir_all(&self.path);
    }
}

const ARTIFACTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../artifacts/SessionAccount");

/// Returns flags for a class that nobody has declared: the account's class with another ABI.
pub fn another_class(dir: &Dir, name: &str) -> String {
    let class = fs::read_to_string(format!("{ARTIFACTS}.contract_class.json")).unwrap();
    let mut class: Value = serde_json::from_str(&class).unwrap();
    class["abi"] = json!([{ "type": "struct", "name": name, "members": [] }]);
    let path = dir.write("class.json", &class.to_string());
    let casm = Path::new(ARTIFACTS).with_extension("compiled_contract_class.json");
    format!("--class {} --casm {}", path.display(), casm.display())
}

/// Returns the text of the answer's field `field`.
#[track_caller]
pub fn text<'a>(answer: &'a Value, field: &str) -> &'a str {
    answer[field].as_str().unwrap_or_else(|| panic!("no {field} in {answer}"))
}

/// Makes a folder in which a session account acts, with a session key that is not registered.
pub fn with_a_key() -> (Dir, String) {
    let account = Node::shared().funded();
    let dir = Dir::of(Node::shared().url(), &account);
    dir.done("upgrade");
    dir.make_session_key();
    (dir, format!("{:#066x}", account.address))
}

/// Makes such a folder, at a node whose requests are counted.
pub fn watched() -> (Dir, String, Proxy) {
    let (dir, account) = with_a_key();
    let proxy = Proxy::new(Node::shared().url(), |_| Fate::Pass);
    (dir.at(proxy.url()), account, proxy)
}
