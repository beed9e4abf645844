//! Times of one kind of operation: the curve of its percentiles and its histogram, one line for each system.

use super::chart::{Chart, Mark};
use super::plot::{Axis, Plot, Scale};
use crate::bench::model::{LoadReport, Times};
use crate::bench::tables::{Table, time};

/// Bars of a histogram.
const BINS: usize = 36;
/// Steps of a curve.
const STEPS: usize = 160;
/// What the curve has a word for, and how often it is exceeded: once in so many.
const QUANTILES: &[(&str, f64)] =
    &[("0", 1.0), ("50 %", 2.0), ("90 %", 10.0), ("99 %", 100.0), ("99.9 %", 1e3), ("99.99 %", 1e4), ("99.999 %", 1e5)];

/// The systems that did such operations, each with its number, its name and its times.
type Series<'a> = Vec<(usize, &'a str, &'a Times)>;

/// Both charts, if anything was done.
pub(super) fn charts(load: &LoadReport, kind: &str, id: &str) -> Vec<Chart> {
    let times = load.systems.iter().enumerate().filter_map(|(number, system)| {
        let times = &system.operations.get(kind)?.latency;
        (count(times) > 0).then_some((number, system.name.as_str(), times))
    });
    let series: Series<'_> = times.collect();
    let ends = || series.iter().flat_map(|(_, _, times)| [times.buckets.first(), times.buckets.last()]).flatten();
    let Some((least, most)) = ends().map(|(us, _)| *us).min().zip(ends().map(|(us, _)| *us).max()) else {
        return Vec::new();
    };
    // Room at both ends, so that equal times make a picture, too.
    let (least, most) = (least.max(1) as f64 / 1.2, most.max(1) as f64 * 1.2);
    vec![percentiles(&series, least, most, &format!("{id}-p")), histogram(&series, least, most, &format!("{id}-h"))]
}

fn count(times: &Times) -> u64 {
    times.buckets.iter().map(|(_, count)| count).sum()
}

/// The time that is exceeded once in `once_in`.
fn at(times: &Times, once_in: f64) -> u64 {
    let all = count(times);
    let rank = ((all as f64 * (1.0 - 1.0 / once_in)).ceil() as u64).clamp(1, all.max(1));
    let mut below = 0;
    let bucket = times.buckets.iter().find(|(_, count)| {
        below += count;
        below >= rank
    });
    bucket.map_or(times.max_us, |(us, _)| *us)
}

fn legend(series: &Series<'_>) -> Vec<Mark> {
    series.iter().map(|(number, name, _)| Mark { class: format!("s{number}"), text: (*name).to_owned() }).collect()
}

fn percentiles(series: &Series<'_>, least: f64, most: f64, id: &str) -> Chart {
    let fewest = |once_in: f64| series.iter().any(|(_, _, times)| count(times) as f64 >= once_in);
    let words: Vec<_> = QUANTILES.iter().filter(|(_, once_in)| fewest(*once_in)).collect();
    let end = series.iter().map(|(_, _, times)| count(times)).max().unwrap_or(1).max(2) as f64;
    let scale = Scale::Linear(0.0, end.log10());
    let ticks = words.iter().map(|(word, once_in)| (once_in.log10(), (*word).to_owned())).collect();
    let across = Axis { scale, name: "share of operations that took at most this", ticks };
    let mut plot = Plot::new(&across, &Axis::new("time", Scale::Log(least, most), time));
    for (number, _, times) in series {
        // No further than one operation of all: what is rarer was not seen.
        let last = (count(times) as f64).log10();
        let points = (0..=STEPS).map(|step| {
            let place = last * step as f64 / STEPS as f64;
            (place, at(times, 10_f64.powf(place)) as f64)
        });
        plot.line(&format!("s{number}"), points);
    }
    let said = |(_, name, times): &(usize, &str, &Times)| {
        let half = time(times.p50_us as f64);
        format!(
            "{name}: half took at most {half}, 99 % {}, the longest {}.",
            time(times.p99_us as f64),
            time(times.max_us as f64)
        )
    };
    let says = series.iter().map(said).collect::<Vec<_>>().join(" ");
    let mut head = vec!["share".to_owned()];
    head.extend(series.iter().map(|(_, name, _)| (*name).to_owned()));
    let row = |(word, once_in): &&(&str, f64)| {
        let cell = |(_, _, times): &(usize, &str, &Times)| {
            if count(times) as f64 >= *once_in { time(at(times, *once_in) as f64) } else { "-".to_owned() }
        };
        std::iter::once((*word).to_owned()).chain(series.iter().map(cell)).collect()
    };
    let table = Table::new(head, words.iter().map(row).collect());
    let title = "Percentiles";
    Chart { title, svg: plot.svg(id, title, &says), says, legend: legend(series), table }
}

fn histogram(series: &Series<'_>, least: f64, most: f64, id: &str) -> Chart {
    let wide = (most / least).ln() / BINS as f64;
    let edge = |bin: usize| least * (wide * bin as f64).exp();
    let shares: Vec<Vec<f64>> = series.iter().map(|(_, _, times)| shares(times, least, wide)).collect();
    let top = shares.iter().flatten().copied().fold(0.0, f64::max);
    let across = Axis::new("time", Scale::Log(least, most), time);
    let mut plot =
        Plot::new(&across, &Axis::up_to("share of operations", top, |share| format!("{:.0} %", share * 100.0)));
    for ((number, _, _), shares) in series.iter().zip(&shares) {
        let step = |(bin, share): (usize, &f64)| [(edge(bin), *share), (edge(bin + 1), *share)];
        plot.area(&format!("s{number}"), shares.iter().enumerate().flat_map(step).collect());
    }
    let said = |((_, name, _), shares): (&(usize, &str, &Times), &Vec<f64>)| {
        let (bin, share) = shares
            .iter()
            .enumerate()
            .fold((0, 0.0), |best, (bin, share)| if *share > best.1 { (bin, *share) } else { best });
        format!("{name}: most often {} to {} ({:.0} %).", time(edge(bin)), time(edge(bin + 1)), share * 100.0)
    };
    let says = series.iter().zip(&shares).map(said).collect::<Vec<_>>().join(" ");
    let mut head = vec!["up to".to_owned()];
    head.extend(series.iter().map(|(_, name, _)| (*name).to_owned()));
    let filled = |bin: &usize| shares.iter().any(|shares| shares[*bin] > 0.0);
    let row = |bin: usize| {
        let cell = |shares: &Vec<f64>| format!("{:.1} %", shares[bin] * 100.0);
        std::iter::once(time(edge(bin + 1))).chain(shares.iter().map(cell)).collect()
    };
    let table = Table::new(head, (0..BINS).filter(filled).map(row).collect());
    let title = "Histogram";
    Chart { title, svg: plot.svg(id, title, &says), says, legend: legend(series), table }
}

/// The share of operations in each bin.
fn shares(times: &Times, least: f64, wide: f64) -> Vec<f64> {
    let (mut shares, all) = (vec![0.0; BINS], count(times) as f64);
    for (us, count) in &times.buckets {
        let bin = ((*us as f64 / least).max(1.0).ln() / wide) as usize;
        shares[bin.min(BINS - 1)] += *count as f64 / all;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(buckets: &[(u64, u64)]) -> Times {
        Times { buckets: buckets.to_vec(), max_us: buckets.last().map_or(0, |bucket| bucket.0), ..Times::default() }
    }

    #[test]
    fn percentiles_come_from_the_buckets() {
        let times = times(&[(10, 50), (20, 40), (30, 9), (40, 1)]);
        assert_eq!([1.0, 2.0, 10.0, 100.0, 1000.0].map(|once_in| at(&times, once_in)), [10, 10, 20, 30, 40]);
    }

    #[test]
    fn every_operation_is_in_one_bin() {
        let times = times(&[(1, 3), (50, 2), (3_600_000_000, 5)]);
        let wide = (3.6e9_f64 * 1.44).ln() / BINS as f64;
        let shares = shares(&times, 1.0 / 1.2, wide);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert_eq!((shares[0], shares[BINS - 1]), (0.3, 0.5));
    }
}
