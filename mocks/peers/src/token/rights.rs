//! Rights of a user: scopes with patterns for names, `repository:lab/**:pull,push`. What is asked for is cut down to them.

use shakedown_faults::glob::Glob;
use shakedown_oci::Scope;

/// What somebody may do.
#[derive(Debug, Clone, Default)]
pub struct Rights(Vec<(Scope, Glob)>);

/// A text that is no right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a right: write TYPE:NAME:ACTIONS, e.g. repository:lab/**:pull,push or registry:catalog:*")]
pub struct RightsError(String);

impl Rights {
    /// Everything.
    pub fn all() -> Self {
        Self::parse(["repository:**:*", "registry:catalog:*"]).unwrap_or_default()
    }

    /// Reads rights: scopes whose name is a pattern (`*` within a segment, `**` across segments).
    ///
    /// # Errors
    /// The first text that is none.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, RightsError> {
        let one = |text: &str| {
            let scope: Scope = text.parse().map_err(|_| RightsError(text.to_owned()))?;
            if scope.actions.is_empty() {
                return Err(RightsError(text.to_owned()));
            }
            let name = Glob::new(&scope.name);
            Ok((scope, name))
        };
        texts.into_iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    /// What of `asked` is granted: the same scopes with fewer actions, without those of which nothing is left.
    pub fn grant(&self, asked: &[Scope]) -> Vec<Scope> {
        let one = |asked: &Scope| {
            let mut actions = Vec::new();
            for action in &asked.actions {
                if self.allows(asked, action) && !actions.contains(action) {
                    actions.push(action.clone());
                }
            }
            Scope { actions, ..asked.clone() }
        };
        asked.iter().map(one).filter(|granted| !granted.actions.is_empty()).collect()
    }

    fn allows(&self, asked: &Scope, action: &String) -> bool {
        self.0.iter().any(|(right, name)| {
            right.kind == asked.kind
                && name.fits_path(&asked.name)
                && right.actions.iter().any(|own| own == "*" || own == action)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_cut_down() {
        let rights = Rights::parse(["repository:lab/**:pull", "repository:lab/mine:pull,push"]).unwrap();
        let asked = Scope::parse_all(
            "repository:lab/mine:pull,push,delete repository:lab/x/y:pull,push repository:other:pull registry:catalog:*",
        );
        let granted: Vec<_> = rights.grant(&asked.unwrap()).iter().map(ToString::to_string).collect();
        assert_eq!(granted, ["repository:lab/mine:pull,push", "repository:lab/x/y:pull"]);
        let asked = [Scope::catalog(), Scope::repository("a/b/c", &["pull", "delete"])];
        assert_eq!(Rights::all().grant(&asked), asked);
        assert!(Rights::default().grant(&asked).is_empty());
    }

    #[test]
    fn mistakes_are_said() {
        for bad in ["", "lab", "repository:lab", "repository:lab:", "repository::pull"] {
            assert!(
                Rights::parse([bad]).unwrap_err().to_string().contains(&format!("`{bad}` is not a right")),
                "{bad}"
            );
        }
    }
}
