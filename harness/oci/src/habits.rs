//! What real clients rely on although the specification does not ask for it. A registry without a habit is right, and will still meet
//! users in trouble: it is remarked on, and fails nothing.

/// One habit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habit {
    /// Stable id, e.g. `HB1`.
    pub id: &'static str,
    /// What registries do.
    pub habit: &'static str,
    /// What happens where one does not.
    pub otherwise: &'static str,
}

const fn habit(id: &'static str, habit: &'static str, otherwise: &'static str) -> Habit {
    Habit { id, habit, otherwise }
}

const HABITS: &[Habit] = &[
    habit(
        "HB1",
        "the body of an error is JSON with a list of errors",
        "docker shows `invalid character '<'` for a page, and `unexpected end of JSON input` for no body (K10)",
    ),
    habit(
        "HB2",
        "GET /v2/ carries Docker-Distribution-API-Version: registry/2.0",
        "older clients take the registry for one of version 1, or for none",
    ),
    habit(
        "HB3",
        "an upload's answers carry Docker-Upload-UUID",
        "clients that log or resume by it have nothing to name",
    ),
    habit(
        "HB4",
        "Range of the answer that begins an upload is 0-0, without a unit",
        "docker reads it as two numbers, and `bytes=0-0` is none (K12)",
    ),
];

impl Habit {
    /// The habit called `id`.
    pub fn find(id: &str) -> Option<&'static Self> {
        HABITS.iter().find(|habit| habit.id == id)
    }
}

/// All habits.
pub fn habits() -> &'static [Habit] {
    HABITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn habits_are_numbered_and_no_rules() {
        for (number, habit) in habits().iter().enumerate() {
            assert_eq!(habit.id, format!("HB{}", number + 1));
            assert!(crate::Rule::find(habit.id).is_none() && crate::Incident::find(habit.id).is_none());
            assert_eq!(Habit::find(habit.id), Some(habit));
        }
        assert_eq!(Habit::find("HB0"), None);
    }
}
