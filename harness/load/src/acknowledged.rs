//! Which operations were acknowledged: their numbers, kept as ranges, so that a million pushes in a row are one entry. What they left
//! behind follows from the seed (`lab::Draw`). Not here: reading it back (`verify`).

use std::collections::BTreeMap;

/// Most ranges that are kept. Each failure between two successes begins another one.
const MOST: usize = 1 << 20;

/// Numbers of operations within this part of the load.
#[derive(Debug, Clone, Default)]
pub(crate) struct Acknowledged {
    /// First number of a range and the one after its last; no two of them touch.
    ranges: BTreeMap<u64, u64>,
    /// Numbers that found no place.
    pub(crate) left_out: u64,
}

impl Acknowledged {
    /// One more; each number comes once.
    pub(crate) fn add(&mut self, number: u64) {
        let before = self.ranges.range(..=number).next_back().map(|(&from, &to)| (from, to));
        let from = match before {
            Some((from, to)) if to == number => from,
            _ => number,
        };
        let to = self.ranges.remove(&(number + 1)).unwrap_or(number + 1);
        if from == number && self.ranges.len() >= MOST {
            self.left_out += 1;
            return;
        }
        self.ranges.insert(from, to);
    }

    /// All of them, in order.
    pub(crate) fn into_numbers(self) -> impl Iterator<Item = u64> + Send {
        self.ranges.into_iter().flat_map(|(from, to)| from..to)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_added_is_there_once(mut numbers in proptest::collection::btree_set(0_u64..200, 0..150), seed: u64) {
            let mut order: Vec<u64> = numbers.iter().copied().collect();
            // Workers end in some order of their own.
            order.sort_by_key(|number| number.wrapping_mul(seed | 1).rotate_left(17));
            let mut acknowledged = Acknowledged::default();
            order.iter().for_each(|&number| acknowledged.add(number));
            let gaps = numbers.iter().filter(|&&number| !numbers.contains(&(number + 1))).count();
            prop_assert_eq!(acknowledged.ranges.len(), gaps, "neighbours are one range");
            prop_assert_eq!(acknowledged.left_out, 0);
            let all: Vec<u64> = acknowledged.into_numbers().collect();
            prop_assert_eq!(all.len(), numbers.len());
            numbers.extend(all.iter().copied());
            prop_assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), numbers);
        }
    }

    #[test]
    fn memory_is_bounded_and_what_is_left_out_is_counted() {
        let mut acknowledged = Acknowledged::default();
        (0..MOST as u64 + 7).for_each(|number| acknowledged.add(2 * number));
        assert_eq!((acknowledged.ranges.len(), acknowledged.left_out), (MOST, 7));
        acknowledged.add(1);
        assert_eq!(acknowledged.ranges.len(), MOST - 1, "what joins two ranges has a place");
    }
}
