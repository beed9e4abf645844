//! What the engine runs: one case of one scenario, with the places of its parts.

use std::collections::BTreeMap;

use crate::Scenario;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as its reader named it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
}

/// Which of the two lists of steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// `steps`.
    #[default]
    Steps,
    /// `finally`.
    Finally,
}

/// Places of the parts of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// Steps by their way: `[2]` is the third step, `[2, 0]` the first step in it; in `parallel`, `[2, branch, step]`.
    pub steps: BTreeMap<(Section, Vec<usize>), Place>,
    /// By index in `scenario.faults`.
    pub faults: Vec<Place>,
    /// By index in `scenario.after`.
    pub after: Vec<Place>,
}

impl Lines {
    /// The line of a step in the plan's file.
    pub fn step(&self, section: Section, way: &[usize]) -> Option<u32> {
        self.steps.get(&(section, way.to_vec())).map(|place| place.line)
    }
}

/// A checked scenario, ready to run: includes merged, variables filled in, one per case of its matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The file's stem, with the case in brackets if there is a matrix: `404-body-variants[json]`.
    pub id: String,
    /// The file, as its reader named it.
    pub file: String,
    /// Line of the title, or of the case.
    pub line: u32,
    /// The case of the matrix.
    pub case: Option<String>,
    /// What is run. Names that are known only at run time (`${repo}`, `${blob.x.digest}`, captures) are still in it: see
    /// [`fill`](crate::fill).
    pub scenario: Scenario,
    /// Texts that must not appear in any output.
    pub secrets: Vec<String>,
    /// Where everything stands.
    pub lines: Lines,
}
