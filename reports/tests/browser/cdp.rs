//! A headless Chromium over its debugging pipe: NUL-ended JSON on two file descriptors, so no socket and no library is needed.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// How long one answer may take; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program, if it is installed. In CI a missing one is an error; elsewhere the test says why it does nothing.
#[expect(clippy::print_stderr, reason = "a skip says why, to whoever runs the tests")]
pub fn chromium() -> Option<&'static str> {
    let is_there = |program: &&str| {
        std::env::var_os("PATH")
            .is_some_and(|paths| std::env::split_paths(&paths).any(|dir| dir.join(program).is_file()))
    };
    let found = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|program| is_there(program));
    assert!(
        found.is_some() || std::env::var_os("CI").is_none(),
        "chromium is not installed, and in CI that is an error"
    );
    if found.is_none() {
        eprintln!("skipped: chromium is not installed");
    }
    found
}

/// One page; the browser is killed when it is dropped.
pub struct Page {
    child: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    next: u64,
    /// What the page did that it must not: console lines, exceptions, requests other than of its own file.
    pub offences: Vec<String>,
}

impl Page {
    /// Starts the browser with an empty page.
    pub fn start(program: &str, profile: &Path) -> Self {
        // The shell puts the pipes where Chromium looks for them.
        let mut child = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 >/dev/null"#, program])
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts");
        let commands = child.stdin.take().expect("piped");
        let answers = child.stdout.take().expect("piped");
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(answers).split(0).map_while(Result::ok) {
                let Ok(message) = serde_json::from_slice(&message) else { return };
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut page = Self { child, commands, messages, session: None, next: 0, offences: Vec::new() };
        let target = page.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached = page.call("Target.attachToTarget", json!({ "targetId": target["targetId"], "flatten": true }));
        page.session = Some(attached["sessionId"].as_str().expect("a session").to_owned());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page
    }

    /// Opens a URL and waits until it is loaded.
    pub fn open(&mut self, url: &str) {
        self.call("Page.navigate", json!({ "url": url }));
        loop {
            let message = self.receive();
            self.look_at(&message);
            if message["method"] == "Page.loadEventFired" {
                return;
            }
        }
    }

    /// The value of an expression in the page.
    pub fn value(&mut self, expression: &str) -> Value {
        let answer = self
            .call("Runtime.evaluate", json!({ "expression": expression, "returnByValue": true, "awaitPromise": true }));
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// Sends a command and waits for its result.
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.next += 1;
        let mut command = json!({ "id": self.next, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        let mut line = command.to_string().into_bytes();
        line.push(0);
        self.commands.write_all(&line).and_then(|()| self.commands.flush()).expect("the browser listens");
        loop {
            let message = self.receive();
            if message["id"] == self.next {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
            self.look_at(&message);
        }
    }

    fn receive(&mut self) -> Value {
        self.messages.recv_timeout(PATIENCE).expect("the browser answers in time")
    }

    fn look_at(&mut self, event: &Value) {
        let parameters = &event["params"];
        let url = parameters["request"]["url"].as_str().unwrap_or_default();
        match event["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" if parameters["type"] != "Document" || !url.starts_with("file:") => {
                self.offences.push(format!("request: {url}"));
            }
            "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" | "Log.entryAdded" => {
                self.offences.push(parameters.to_string())
            }
            _ => {}
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
