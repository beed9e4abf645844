//! What a request may do, once it is known whom it comes from.

use shakedown_oci::Scope;

/// What a request may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Grant {
    /// Everything.
    All,
    /// Pull from every repository; `catalog`: and list them.
    Reader { catalog: bool },
    /// What a token says.
    Scopes(Vec<Scope>),
}

impl Grant {
    /// Nothing at all.
    pub(crate) fn nothing() -> Self {
        Self::Scopes(Vec::new())
    }

    /// Whether `wanted` is granted. The actions of a repository may stand in several entries of a token.
    pub(crate) fn allows(&self, wanted: &Scope) -> bool {
        match self {
            Self::All => true,
            Self::Reader { catalog: true } if *wanted == Scope::catalog() => true,
            Self::Reader { .. } => wanted.kind == "repository" && wanted.actions.iter().all(|action| action == "pull"),
            Self::Scopes(scopes) => wanted.actions.iter().all(|action| {
                let one = Scope { actions: vec![action.clone()], ..wanted.clone() };
                scopes.iter().any(|scope| scope.covers(&one))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_cover_what_they_name() {
        let pull = Scope::repository("a/b", &["pull"]);
        let both = Scope::repository("a/b", &["pull", "push"]);
        let split = Grant::Scopes(vec![pull.clone(), Scope::repository("a/b", &["push"])]);
        assert!(split.allows(&both) && !split.allows(&Scope::repository("a/c", &["pull"])));
        assert!(!Grant::nothing().allows(&pull) && Grant::All.allows(&Scope::catalog()));
        assert!(Grant::Reader { catalog: false }.allows(&pull) && !Grant::Reader { catalog: true }.allows(&both));
        assert!(Grant::Reader { catalog: true }.allows(&Scope::catalog()));
        assert!(!Grant::Reader { catalog: false }.allows(&Scope::catalog()));
        assert!(!Grant::Scopes(vec![Scope::repository("catalog", &["*"])]).allows(&Scope::catalog()));
    }
}
