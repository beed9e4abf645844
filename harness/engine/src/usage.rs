//! What a child process takes of the machine, as `/proc` tells. Where there is no such thing, nothing is told.

use std::fs;

/// CPU time and memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time since its start, in microseconds.
    pub cpu_us: u64,
    /// Most memory it ever held, in bytes.
    pub peak_bytes: u64,
}

/// Microseconds of one tick of `/proc/PID/stat`: USER_HZ is 100 on every Linux that Rust runs on.
const TICK_US: u64 = 10_000;

/// All children of a process together. The shells that keep ours take next to nothing.
pub(crate) fn of_children(parent: u32) -> Option<Usage> {
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).ok()?;
    let all = children.split_whitespace().filter_map(of_process);
    all.reduce(|one, other| Usage {
        cpu_us: one.cpu_us + other.cpu_us,
        peak_bytes: one.peak_bytes.max(other.peak_bytes),
    })
}

fn of_process(pid: &str) -> Option<Usage> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB"));
    let peak_bytes = peak.and_then(|kb| kb.trim().parse::<u64>().ok()).unwrap_or_default() * 1024;
    // The schedulers' count is in nanoseconds, ticks are too coarse for a short round.
    let cpu_us = exact_cpu(pid).or_else(|| ticks(&stat).map(|ticks| ticks * TICK_US))?;
    Some(Usage { cpu_us, peak_bytes })
}

/// Nanoseconds on a processor of all threads that still run; absent where the kernel does not count them.
fn exact_cpu(pid: &str) -> Option<u64> {
    let mut ns = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let Ok(text) = fs::read_to_string(thread.ok()?.path().join("schedstat")) else { continue };
        ns += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    (ns > 0).then_some(ns / 1000)
}

/// User and system time: the fields after the name, which may hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_read_behind_any_name() {
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194560 100 0 0 0 7 5 0 0 20 0 1 0 100 1000 10";
        assert_eq!(ticks(stat), Some(12));
    }

    #[test]
    fn a_process_that_works_takes_time_and_memory() {
        let me = std::process::id().to_string();
        let before = of_process(&me).unwrap();
        let sum = (0..30_000_000_u64).fold(0_u64, |sum, number| sum.wrapping_mul(31).wrapping_add(number));
        let after = of_process(&me).unwrap();
        assert!(after.cpu_us > before.cpu_us, "{sum}: {before:?} {after:?}");
        assert!(after.peak_bytes > 1 << 20, "{after:?}");
        assert_eq!(of_process("0"), None);
    }
}
