//! What is said about speed: measurements and comparisons, as data, for a terminal, as markdown and as a page with charts.
//! Not here: how it is measured and what statistics say (`shakedown-load`).

mod comparison;
mod forms;
mod goals;
mod html;
mod model;
mod recovery;
mod tables;

pub use comparison::{COMPARISON_SCHEMA, Comparison, Judgement, Row};
pub use forms::{FORMS, Form};
pub use goals::{Bound, GoalReport, GoalUnit, GoalVerdict};
pub use model::{
    BENCH_SCHEMA, BenchReport, BenchRun, LoadReport, OperationReport, Point, Resources, Round, StorageUse,
    SystemReport, Times, Unpacking, Verification,
};
pub use tables::{bench_terminal, comparison_terminal};
