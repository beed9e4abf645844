//! The two-sided timeline: client calls at the left, below each the storage calls it caused. Long runs are folded; what a check or
//! the blame speaks of always stays.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::failure::failed_checks;
use super::paint::{Mark, Paint};
use super::{Options, names, shown};
use crate::text::{clean, count, elide, moment, width, wrap};
use crate::{Call, Check, LogLine, ScenarioReport};

/// Equal calls in a row from which on they are folded.
const FOLD_FROM: usize = 4;
/// Widths of the terminal that one line of the log may take.
const LOG_WIDTHS: usize = 2;
/// Lines that a timeline may take, and one client call's part of it, where nothing forces more.
const LINES: usize = 40;
const LINES_PER_CLIENT_CALL: usize = 14;

/// The timeline of a scenario.
pub(super) struct Timeline<'a> {
    calls: &'a [Call],
    /// What failed checks and the blame say of calls.
    remarks: BTreeMap<usize, Vec<(Mark, String)>>,
    groups: Vec<Group>,
    /// Time of the first call: where the timeline begins.
    origin_us: u64,
}

/// One client call (none for storage calls that no client call is known to have caused) and its storage calls.
struct Group {
    head: Option<usize>,
    storage: Vec<usize>,
}

/// One line of the timeline.
enum Line {
    /// A call.
    Call(usize),
    /// So many calls like the one before.
    Alike(usize, usize),
    /// Groups like the one before: how many, and storage calls of each.
    GroupsAlike { first: usize, times: usize, storage: usize },
    /// Left out: client calls and storage calls.
    Gap { client: usize, storage: usize },
}

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Plain,
    Struck,
    Named,
}

impl<'a> Timeline<'a> {
    pub(super) fn of(scenario: &'a ScenarioReport) -> Self {
        let mut remarks: BTreeMap<usize, Vec<(Mark, String)>> = BTreeMap::new();
        let known = |call: &usize| *call < scenario.calls.len();
        for check in failed_checks(scenario) {
            let Some(call) = check.call.filter(known) else { continue };
            let text = remark(check);
            // Where the end of a call is wrong, what else is wrong with it follows from that.
            if remarks.get(&call).is_some_and(|remarks| remarks.iter().any(|(_, text)| text.starts_with("expected "))) {
                continue;
            }
            remarks.entry(call).or_default().push((Mark::Bad, clean(&text)));
        }
        for evidence in scenario.blame.iter().flat_map(|blame| &blame.evidence).filter(|e| known(&e.call)) {
            remarks.entry(evidence.call).or_default().push((Mark::Label, clean(&evidence.shows)));
        }
        let origin_us = scenario.calls.iter().map(|call| call.start_us).min().unwrap_or(0);
        Self { calls: &scenario.calls, remarks, groups: groups(&scenario.calls), origin_us }
    }

    /// Calls without remarks.
    fn plain(calls: &'a [Call], origin_us: u64) -> Self {
        Self { calls, remarks: BTreeMap::new(), groups: groups(calls), origin_us }
    }

    /// True if a remark on this call is part of the timeline.
    pub(super) fn shows(&self, call: usize) -> bool {
        self.remarks.contains_key(&call)
    }

    /// The lines of the log that it shows.
    pub(super) fn log(&self) -> Vec<&'a LogLine> {
        (0..self.calls.len()).filter(|&call| self.tells(call)).flat_map(|call| &self.calls[call].log).collect()
    }

    pub(super) fn write(&self, paint: Paint, out: &mut dyn Write) -> fmt::Result {
        if self.calls.is_empty() {
            return Ok(());
        }
        let lines = self.lines();
        let columns = self.columns(&lines, paint);
        self.heading(&columns, paint, out)?;
        for line in &lines {
            self.line(line, &columns, paint, out)?;
        }
        Ok(())
    }

    /// Folds and thins the calls to what is shown.
    fn lines(&self) -> Vec<Line> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut rest = self.groups.as_slice();
        while let Some(group) = rest.first() {
            let mut block = self.block(group);
            let alike = rest[1..].iter().take_while(|other| self.alike(group, other)).count();
            rest = &rest[1..];
            if alike + 1 >= FOLD_FROM
                && let Some(first) = group.head
            {
                block.lines.push(Line::GroupsAlike { first, times: alike, storage: group.storage.len() });
                block.client += alike;
                block.storage += alike * group.storage.len();
                rest = &rest[alike..];
            }
            blocks.push(block);
        }
        thin(blocks, LINES)
    }

    fn block(&self, group: &Group) -> Block {
        let mut items = Vec::new();
        let mut rest = group.storage.as_slice();
        while let Some(&first) = rest.first() {
            let mut item = Block { lines: vec![Line::Call(first)], weight: self.weight(first), client: 0, storage: 1 };
            let alike = rest[1..]
                .iter()
                .take_while(|&&other| self.weight(first) < Weight::Named && self.calls_alike(first, other))
                .count();
            rest = &rest[1..];
            if alike + 1 >= FOLD_FROM {
                item.lines.push(Line::Alike(first, alike));
                item.storage += alike;
                rest = &rest[alike..];
            }
            items.push(item);
        }
        let weight = items.iter().map(|item| item.weight).chain(group.head.map(|head| self.weight(head))).max();
        let mut lines: Vec<_> = group.head.map(Line::Call).into_iter().collect();
        lines.extend(thin(items, LINES_PER_CLIENT_CALL));
        Block {
            lines,
            weight: weight.unwrap_or(Weight::Plain),
            client: usize::from(group.head.is_some()),
            storage: group.storage.len(),
        }
    }

    fn weight(&self, call: usize) -> Weight {
        if self.remarks.contains_key(&call) || (self.tells(call) && !self.calls[call].log.is_empty()) {
            Weight::Named
        } else if self.calls[call].faults.is_empty() {
            Weight::Plain
        } else {
            Weight::Struck
        }
    }

    fn calls_alike(&self, a: usize, b: usize) -> bool {
        let effects = |call: &Call| call.faults.iter().map(|fault| fault.effect.clone()).collect::<Vec<_>>();
        let (x, y) = (&self.calls[a], &self.calls[b]);
        self.weight(b) < Weight::Named && names::shape(x) == names::shape(y) && effects(x) == effects(y)
    }

    fn alike(&self, a: &Group, b: &Group) -> bool {
        let calls = |group: &Group| group.head.iter().chain(&group.storage).copied().collect::<Vec<_>>();
        let (x, y) = (calls(a), calls(b));
        a.head.is_some() == b.head.is_some()
            && x.len() == y.len()
            && x.iter().zip(&y).all(|(&a, &b)| self.weight(a) < Weight::Named && self.calls_alike(a, b))
    }

    fn columns(&self, lines: &[Line], paint: Paint) -> Columns {
        let shift = if paint.width() < 80 { 4 } else { 10 };
        let longest = lines.iter().filter_map(|line| match line {
            Line::Call(call) | Line::Alike(call, _) => {
                let call = &self.calls[*call];
                Some(width(&shown(call)) + if call.is_client() { 0 } else { shift })
            }
            _ => None,
        });
        let most = (paint.width() / 2).saturating_sub(BEFORE_TARGET).max(16);
        Columns { shift, target: longest.max().unwrap_or(0).clamp(12, most) }
    }

    fn heading(&self, columns: &Columns, paint: Paint, out: &mut dyn Write) -> fmt::Result {
        let storage = self.calls.iter().find(|call| !call.is_client());
        let lane = storage.map_or(String::new(), |call| {
            format!("{} {} {}", names::party(&call.from), paint.points_right(), names::party(&call.to))
        });
        let gap = if lane.is_empty() { 0 } else { columns.shift + 6 };
        writeln!(out, "  {}{:gap$}{}", paint.in_style(Mark::Quiet, "client"), "", paint.in_style(Mark::Quiet, &lane))
    }

    fn line(&self, line: &Line, columns: &Columns, paint: Paint, out: &mut dyn Write) -> fmt::Result {
        let dots = paint.ellipsis();
        match line {
            Line::Call(call) => self.call(*call, columns, paint, out),
            Line::Alike(call, times) => {
                let call = &self.calls[*call];
                let indent = BEFORE_TARGET - 7 + if call.is_client() { 0 } else { columns.shift };
                let status = call.status.map_or("no answer".to_owned(), |status| status.to_string());
                let text = format!("{dots} {times} x {} {} {status} {dots}", clean(&call.method), shown(call));
                quiet(indent, &text, paint, out)
            }
            Line::GroupsAlike { first, times, storage } => {
                let call = &self.calls[*first];
                let with =
                    if *storage == 0 { String::new() } else { format!(", {} each", count(*storage, "storage call")) };
                quiet(
                    BEFORE_TARGET - 7,
                    &format!("{dots} {times} x {} {}{with} {dots}", clean(&call.method), shown(call)),
                    paint,
                    out,
                )
            }
            Line::Gap { client, storage } => {
                let indent = BEFORE_TARGET - 7 + if *client == 0 { columns.shift } else { 0 };
                let text = match (client, storage) {
                    (0, _) => count(*storage, "storage call"),
                    (_, 0) => count(*client, "client call"),
                    _ => format!("{}, {}", count(*client, "client call"), count(*storage, "storage call")),
                };
                quiet(indent, &format!("{dots} {text} {dots}"), paint, out)
            }
        }
    }

    fn call(&self, index: usize, columns: &Columns, paint: Paint, out: &mut dyn Write) -> fmt::Result {
        let call = &self.calls[index];
        let shift = if call.is_client() { 0 } else { columns.shift };
        let room = columns.target - shift.min(columns.target - 6);
        let target = elide(&shown(call), room, paint.ellipsis());
        let failed = self.remarks.get(&index).is_some_and(|remarks| remarks.iter().any(|(mark, _)| *mark == Mark::Bad));
        let mark = match call.status {
            _ if failed => Mark::Bad,
            Some(500..) | None => Mark::Bad,
            Some(400..500) => Mark::Warn,
            Some(_) => Mark::Plain,
        };
        let status = call.status.map_or("---".to_owned(), |status| status.to_string());
        write!(
            out,
            "{:pad$}{:>9}  {:<6} {target:<room$} {}",
            "",
            moment(call.start_us - self.origin_us),
            clean(&call.method),
            paint.in_style(mark, &status),
            pad = shift
        )?;
        self.trail(index, shift, BEFORE_TARGET + columns.target + 4, paint, out)?;
        if self.tells(index) { self.said(call, shift, paint, out) } else { Ok(()) }
    }

    /// True if the log has something to say here that is worth a line: the call, or the client call that caused it, failed or is spoken of.
    /// A registry logs its every 404 as an error.
    fn tells(&self, index: usize) -> bool {
        let cause = self.calls[index].caused_by;
        let failed = |call: &Call| call.is_client() && call.status.is_none_or(|status| status >= 500);
        let calls = std::iter::once(index).chain(cause).filter(|&call| call < self.calls.len());
        calls.into_iter().any(|call| self.remarks.contains_key(&call) || failed(&self.calls[call]))
    }

    /// The lines of the system's log that are due to a call, each at its time.
    fn said(&self, call: &Call, shift: usize, paint: Paint, out: &mut dyn Write) -> fmt::Result {
        let indent = BEFORE_TARGET + shift;
        for line in &call.log {
            let time = line.at_us.map_or(String::new(), |at| moment(at.saturating_sub(self.origin_us)));
            let text = elide(&clean(&line.gist()), LOG_WIDTHS * (paint.width() - indent), paint.ellipsis());
            for (number, part) in wrap(&text, paint.width() - indent).iter().enumerate() {
                let (time, label) = if number == 0 { (time.as_str(), "log") } else { ("", "") };
                let head = format!("{:shift$}{time:>9}  {label:<7}", "");
                writeln!(out, "{head}{}", paint.in_style(Mark::Quiet, part))?;
            }
        }
        Ok(())
    }

    /// What is said of a call behind its status: on the same line as far as there is room, else below.
    fn trail(&self, index: usize, shift: usize, at: usize, paint: Paint, out: &mut dyn Write) -> fmt::Result {
        let call = &self.calls[index];
        let mut parts: Vec<(Mark, String)> = Vec::new();
        parts.extend(call.error.iter().map(|error| (Mark::Bad, clean(error))));
        parts.extend(call.note.iter().map(|note| (Mark::Plain, clean(note))));
        parts.extend(call.faults.iter().map(|fault| (Mark::Warn, clean(&format!("* fault: {}", fault.summary)))));
        for (mark, text) in self.remarks.get(&index).into_iter().flatten().filter(|(_, text)| !text.is_empty()) {
            let text = if *mark == Mark::Bad { text.clone() } else { format!("{} {text}", paint.points_left()) };
            parts.push((*mark, text));
        }
        let mut used = at;
        let indent = BEFORE_TARGET + shift;
        for (mark, text) in parts {
            if used + 3 + width(&text) <= paint.width() {
                write!(out, "   {}", paint.in_style(mark, &text))?;
                used += 3 + width(&text);
                continue;
            }
            for part in wrap(&text, paint.width() - indent) {
                write!(out, "\n{:indent$}{}", "", paint.in_style(mark, &part))?;
                used = indent + width(&part);
            }
        }
        writeln!(out)
    }
}

/// A line for each of these calls, none left out and without a heading; times are from `origin_us` on. For calls that are shown while
/// they come in.
///
/// # Errors
/// Those of `out` only.
pub fn live(calls: &[Call], origin_us: u64, options: &Options, out: &mut dyn Write) -> fmt::Result {
    let (timeline, paint) = (Timeline::plain(calls, origin_us), Paint::new(options));
    let shift = if paint.width() < 80 { 4 } else { 10 };
    let columns = Columns { shift, target: (paint.width() / 2).saturating_sub(BEFORE_TARGET).max(16) };
    for group in &timeline.groups {
        for &call in group.head.iter().chain(&group.storage) {
            timeline.call(call, &columns, paint, out)?;
        }
    }
    Ok(())
}

/// A failed check in the words of a remark: what is seen in the line itself is not said again.
fn remark(check: &Check) -> String {
    let rules = check.rules_in_brackets();
    match (check.what.as_str(), check.expected.as_str()) {
        ("outcome", expected) => {
            let expected = expected.replace("succeeds", "to succeed").replace("fails", "to fail");
            format!("expected {expected}{rules}")
        }
        ("status" | "no-answer" | "only-answers", expected) => format!("expected {expected}{rules}"),
        (what, expected) => {
            let actual = elide(&check.actual, ACTUAL, "...");
            format!("{what}: expected {expected}, was {actual}{rules}")
        }
    }
}

/// Characters of what was that a remark shows.
const ACTUAL: usize = 80;

/// Characters before the target of a client call: time, two spaces, method, one space.
const BEFORE_TARGET: usize = 18;

struct Columns {
    /// How much further right storage calls stand.
    shift: usize,
    /// Width of a client call's target.
    target: usize,
}

/// Lines that are shown or left out together.
struct Block {
    lines: Vec<Line>,
    weight: Weight,
    client: usize,
    storage: usize,
}

/// Leaves out blocks until the rest fits: never those that are named; of the others first what is far from them.
fn thin(blocks: Vec<Block>, budget: usize) -> Vec<Line> {
    let mut keep = vec![false; blocks.len()];
    let anchor = blocks.iter().position(|block| block.weight == Weight::Named).unwrap_or(blocks.len());
    let mut order: Vec<usize> = (0..blocks.len()).collect();
    order.sort_by_key(|&at| (std::cmp::Reverse(blocks[at].weight), at != 0, at.abs_diff(anchor), at));
    let mut used = 0;
    for at in order {
        let cost = blocks[at].lines.len();
        if blocks[at].weight == Weight::Named || used + cost <= budget {
            used += cost;
            keep[at] = true;
        }
    }
    let mut lines = Vec::new();
    for (block, kept) in blocks.into_iter().zip(keep) {
        if kept {
            lines.extend(block.lines);
        } else if let Some(Line::Gap { client, storage }) = lines.last_mut() {
            *client += block.client;
            *storage += block.storage;
        } else {
            lines.push(Line::Gap { client: block.client, storage: block.storage });
        }
    }
    lines
}

fn groups(calls: &[Call]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut by_head: BTreeMap<usize, usize> = BTreeMap::new();
    for (index, call) in calls.iter().enumerate() {
        if call.is_client() {
            by_head.insert(index, groups.len());
            groups.push(Group { head: Some(index), storage: Vec::new() });
        } else if let Some(&at) = call.caused_by.and_then(|cause| by_head.get(&cause)) {
            groups[at].storage.push(index);
        } else if let Some(Group { head: None, storage }) = groups.last_mut() {
            storage.push(index);
        } else {
            groups.push(Group { head: None, storage: vec![index] });
        }
    }
    groups
}

fn quiet(indent: usize, text: &str, paint: Paint, out: &mut dyn Write) -> fmt::Result {
    let text = elide(text, paint.width().saturating_sub(indent), paint.ellipsis());
    writeln!(out, "{:indent$}{}", "", paint.in_style(Mark::Quiet, &text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::Options;
    use crate::sample;

    fn text(scenario: &ScenarioReport) -> String {
        let mut text = String::new();
        Timeline::of(scenario).write(Paint::new(&Options { width: 100, ..Options::default() }), &mut text).unwrap();
        text
    }

    #[test]
    fn equal_calls_and_equal_client_calls_fold() {
        let mut scenario = sample::scenario("polling", crate::Verdict::Failed);
        for n in 0..40 {
            let head = scenario.calls.len();
            scenario.calls.push(sample::front("GET", &format!("http://r/v2/lab/app/blobs/sha256:{n:064x}"), 200));
            scenario.calls.push(sample::caused_by(
                head,
                sample::back("GetObject", &format!("r/repositories/a/_layers/sha256/{n:064x}/link"), "", 200),
            ));
        }
        scenario.calls.push(sample::front("PATCH", "http://r/v2/lab/app/blobs/uploads/1", 500));
        for _ in 0..39 {
            scenario.calls.push(sample::caused_by(
                80,
                sample::back("ListMultipartUploads", "r/_uploads/1/data", "?uploads&prefix=x", 200),
            ));
        }
        insta::assert_snapshot!(text(&scenario));
    }

    #[test]
    fn long_timelines_keep_what_the_blame_names() {
        let mut scenario = sample::scenario("long", crate::Verdict::Failed);
        for n in 0..300 {
            scenario.calls.push(sample::front(
                if n % 2 == 0 { "GET" } else { "PUT" },
                &format!("http://r/v2/lab/{n}/tags/list"),
                200,
            ));
        }
        scenario.blame = Some(sample::blame("rule", &[(150, "here it is")]));
        let text = text(&scenario);
        assert!(text.lines().count() <= LINES + 5, "{text}");
        assert!(text.contains("/v2/lab/150/tags/list") && text.contains("<- here it is"), "{text}");
        assert!(text.contains("client calls ..."), "{text}");
    }

    #[test]
    fn calls_that_nobody_caused_stand_alone() {
        let mut scenario = sample::scenario("background", crate::Verdict::Failed);
        scenario.calls.push(sample::back("HeadBucket", "", "", 200));
        scenario.calls.push(sample::front("GET", "http://r/v2/", 200));
        scenario.calls.push(sample::caused_by(1, sample::back("HeadBucket", "", "", 200)));
        insta::assert_snapshot!(text(&scenario));
    }
}
