//! What the system's log says of calls: each line about trouble is put beside the storage call that came before it, in the client call
//! that it names. Not here: how lines are read (`shakedown_reports::LogFormat`).

use shakedown_reports::{Call, LogFormat, LogLine};

use super::path_of;
/// Lines beside one call; the last ones say how it ended.
const LINES: usize = 3;

/// Puts the lines beside the calls. A line that cannot be read, names no call, or speaks of no trouble stays in the log alone.
pub(crate) fn attach(calls: &mut [Call], log: &[(Option<u64>, String)], format: LogFormat) {
    for (at, line) in log {
        let Some(read) = format.parse(without_replica(line)) else { continue };
        if !read.is_bad() {
            continue;
        }
        let read = LogLine { at_us: *at, ..read };
        if let Some(place) = head(calls, &read).map(|head| storage(calls, head, *at).unwrap_or(head)) {
            let said = &mut calls[place].log;
            if said.len() == LINES {
                said.remove(0);
            }
            said.push(read);
        }
    }
}

/// Replicas write their number before each line.
fn without_replica(line: &str) -> &str {
    let rest = line.strip_prefix("replica ").and_then(|rest| rest.split_once(": "));
    rest.filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit())).map_or(line, |(_, line)| line)
}

/// The client call that a line names: by method and path the last one that had begun. A line that names none belongs to the one call that was
/// open.
fn head(calls: &[Call], line: &LogLine) -> Option<usize> {
    let begun = |call: &Call| line.at_us.is_none_or(|at| call.start_us <= at);
    let heads = calls.iter().enumerate().filter(|(_, call)| call.is_client() && !call.is_redirected() && begun(call));
    let Some(path) = &line.path else {
        let at = line.at_us?;
        let mut open = heads.filter(|(_, call)| call.end_us.is_none_or(|end| at <= end));
        return open.next().filter(|_| open.next().is_none()).map(|(index, _)| index);
    };
    let named = |call: &Call| {
        let own = path_of(&call.uri).split('?').next().unwrap_or_default();
        own == path && line.method.as_ref().is_none_or(|method| *method == call.method)
    };
    heads.rev().find(|(_, call)| named(call)).map(|(index, _)| index)
}

/// The storage call of that client call to which the line is due: the last before it that went wrong, else the last before it.
fn storage(calls: &[Call], head: usize, at: Option<u64>) -> Option<usize> {
    let before = |call: &Call| at.is_none_or(|at| call.start_us <= at);
    let of_head =
        calls.iter().enumerate().filter(|(_, call)| call.caused_by == Some(head) && call.to == "s3" && before(call));
    let all: Vec<(usize, &Call)> = of_head.collect();
    let wrong = |call: &Call| !call.faults.is_empty() || call.status.is_none_or(|status| status >= 400);
    let found = all.iter().rev().find(|(_, call)| wrong(call)).or(all.last());
    found.map(|(index, _)| *index)
}

#[cfg(test)]
mod tests {
    use super::super::convert;
    use super::super::tests::exchange;
    use super::*;

    const PATCH: &str = r#"level=error msg="response completed with error" err.detail="Path not found" http.request.method=PATCH http.request.uri="/v2/a/blobs/uploads/1?_state=x" http.response.status=500"#;

    /// HEAD with a storage call; PATCH with three, the second of them refused.
    fn calls() -> Vec<Call> {
        let mut calls: Vec<Call> = Vec::new();
        let mut add = |from: &str, method: &str, uri: &str, start_us: u64, status: u16, caused_by: Option<usize>| {
            let to = if from == "client" { "registry" } else { "s3" };
            let exchange = exchange(from, to, method, uri, (start_us, start_us + 50), status);
            calls.push(Call { caused_by, ..convert::call(&exchange, None) });
        };
        add("client", "HEAD", "http://r/v2/a/blobs/x", 0, 404, None);
        add("registry", "GET", "http://s/x", 10, 404, Some(0));
        add("client", "PATCH", "http://r/v2/a/blobs/uploads/1?_state=x", 100, 500, None);
        add("registry", "GET", "http://s/startedat", 110, 200, Some(2));
        add("registry", "GET", "http://s/?uploads", 120, 403, Some(2));
        add("registry", "GET", "http://s/later", 130, 200, Some(2));
        calls
    }

    fn places(line: &str, at: Option<u64>, format: LogFormat) -> Vec<usize> {
        let mut calls = calls();
        attach(&mut calls, &[(at, line.to_owned())], format);
        (0..calls.len()).filter(|&place| !calls[place].log.is_empty()).collect()
    }

    #[test]
    fn a_line_stands_beside_the_storage_call_that_went_wrong_before_it() {
        let of = |line: &str, at| places(line, at, LogFormat::Logfmt);
        assert_eq!(of(PATCH, Some(140)), [4]);
        assert_eq!(of(PATCH, None), [4], "without a time");
        assert_eq!(of(PATCH, Some(115)), [3], "what was asked later is not its cause");
        assert_eq!(of(PATCH, Some(105)), [2], "before any storage call it is the client call's");
        assert_eq!(of(&format!("replica 2: {PATCH}"), Some(140)), [4]);
        assert_eq!(of("level=warning msg=x", Some(140)), [4], "one call was open");
    }

    #[test]
    fn what_names_no_call_or_no_trouble_stays_in_the_log() {
        let of = |line: &str, at| places(line, at, LogFormat::Logfmt);
        let none: [usize; 0] = [];
        assert_eq!(of(PATCH, Some(50)), none, "the call had not begun");
        assert_eq!(of(&PATCH.replace("PATCH", "PUT"), Some(140)), none);
        assert_eq!(of(&PATCH.replace("level=error", "level=info"), Some(140)), none);
        assert_eq!(of("level=error msg=x", Some(900)), none, "no call was open");
        assert_eq!(places(PATCH, Some(140), LogFormat::Plain), none);
    }

    #[test]
    fn a_call_keeps_the_last_lines() {
        let mut calls = calls();
        let lines: Vec<_> = (0..9).map(|n| (Some(140 + n), PATCH.replace("Path", &format!("{n}")))).collect();
        attach(&mut calls, &lines, LogFormat::Logfmt);
        let times: Vec<_> = calls[4].log.iter().map(|line| line.at_us).collect();
        assert_eq!(times, [Some(146), Some(147), Some(148)]);
    }
}
