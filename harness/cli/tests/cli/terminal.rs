//! Tests the questions that commands ask in a terminal.

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use session_client::keystore;

use crate::dir::{Dir, PASSWORD, with_a_key};
use crate::hostile::{ESTIMATE, lying};
use crate::node::Node;

/// A shell in a terminal of its own.
struct Terminal {
    script: Child,
    shown: String,
}

impl Terminal {
    /// Runs `line` in the shell.
    fn run(dir: &Dir, line: &str) -> Self {
        let mut script = dir.found("script");
        script.args(["-E", "always", "-qec", line, "/dev/null"]).stdin(Stdio::piped());
        Self { script: script.spawn().unwrap(), shown: String::new() }
    }

    /// Waits until the terminal shows `text`. Returns what it showed before.
    fn until(&mut self, text: &str) -> String {
        let mut buffer = [0; 1_024];
        loop {
            if let Some(at) = self.shown.find(text) {
                let before = self.shown[..at].to_owned();
                self.shown.drain(..at + text.len());
                return before;
            }
            let count = self.script.stdout.as_mut().unwrap().read(&mut buffer).unwrap();
            assert!(count > 0, "it ended without `{text}`: {}", self.shown);
            self.shown.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
    }

    fn type_in(&mut self, keys: &str) {
        self.script.stdin.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// Types `keys` as the answer to `question`, once the terminal `name` hides what is typed.
    fn answer_hidden(&mut self, name: &str, question: &str, keys: &str) {
        self.until(question);
        let hides = || {
            let output = Command::new("stty").args(["-a", "-F", name]).output().unwrap();
            String::from_utf8_lossy(&output.stdout).contains("-echo ")
        };
        while !hides() {
            std::thread::yield_now();
        }
        self.type_in(keys);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}

#[test]
fn a_narrow_terminal_shows_a_session_in_lines_of_its_own() {
    let (dir, _) = with_a_key();
    let shown = |columns: u32| {
        let line =
            format!("stty rows 30 cols {columns}; session-harness session list --all; echo end.");
        Terminal::run(&dir, &line).until("end.")
    };
    let narrow = shown(80);
    assert!(narrow.contains("\r\n  SESSION    0x"), "{narrow}");
    assert!(narrow.contains("\r\n  ENDS       never registered\r\n"), "{narrow}");
    let wide = shown(250);
    assert!(
        wide.lines().any(|it| it.contains(" SESSION ") && it.contains(" MAY SPEND ")),
        "{wide}"
    );
}

const QUESTIONS: [&str; 2] = ["New password for", "The same again: "];

#[test]
fn a_password_is_asked_for_twice_and_never_shown() {
    let dir = Dir::empty();
    let mut terminal = Terminal::run(&dir, "tty; session-harness session create; echo end");
    let name = terminal.until("\r\n");
    for question in QUESTIONS {
        terminal.answer_hidden(&name, question, &format!("{PASSWORD}\r"));
    }
    let shown = terminal.until("end");
    assert!(shown.contains("created") && !shown.contains(PASSWORD), "{shown}");

    let key = fs::read_dir(dir.path("sessions")).unwrap().next().unwrap().unwrap().path();
    assert!(keystore::read(&key, PASSWORD).is_ok());
}

#[test]
fn ctrl_c_at_a_password_ends_the_command_and_the_terminal_shows_again_what_is_typed() {
    for question in 0..QUESTIONS.len() {
        let dir = Dir::empty();
        let line = "tty; session-harness session create; echo code $?.; stty -a; echo end";
        let mut terminal = Terminal::run(&dir, line);
        let name = terminal.until("\r\n");
        for before in &QUESTIONS[..question] {
            terminal.answer_hidden(&name, before, "secret\r");
        }
        terminal.answer_hidden(&name, QUESTIONS[question], "sec\u{3}");
        terminal.until("code 130.");
        let settings = terminal.until("end");
        assert!(settings.contains(" echo ") && settings.contains("isig "), "{settings}");
        assert!(!settings.contains("-isig "), "{settings}");
        assert!(!dir.path("sessions").exists());
    }
}

#[test]
fn on_mainnet_a_person_says_yes_or_nothing_is_sent() {
    let proxy = lying(&[("starknet_chainId", "\"0x534e5f4d41494e\""), ESTIMATE]);
    let dir = Dir::of(proxy.url(), &Node::shared().funded());
    // This chain is not mainnet, so it refuses what is sent.
    for (answer, code, sent) in [("n", 2, 0), ("", 2, 0), ("y", 5, 1)] {
        let mut terminal =
            Terminal::run(&dir, "session-harness upgrade --timeout 0; echo code $?.");
        // The command asks first whether the account may move, and then whether the fee may be spent.
        terminal.until("Go on? [y/N] ");
        terminal.type_in(&format!("{answer}\r"));
        if answer == "y" {
            terminal.until("STRK on mainnet? [y/N] ");
            terminal.type_in("y\r");
        }
        terminal.until(&format!("code {code}."));
        assert_eq!(proxy.sent(), sent, "{answer}");
    }
}

#[test]
fn a_wheel_turns_while_a_person_waits_and_with_json_there_is_none() {
    let dir = Dir::empty().at(Node::shared().url());
    for (flag, turns) in [("", true), (" --json", false)] {
        let line = format!("TERM=xterm session-harness wait 0x1 --timeout 1{flag}; echo code $?.");
        let shown = Terminal::run(&dir, &line).until("code 6.");
        assert_eq!(shown.contains("s: the transaction is unknown"), turns, "{shown}");
    }
}
