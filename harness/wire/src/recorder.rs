//! Records every exchange that passes a lane.

/// Under construction.
#[derive(Debug, Clone)]
pub struct Recorder;
