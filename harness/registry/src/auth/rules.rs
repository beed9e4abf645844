//! The table of rights: what each route asks for. The match names every route, so a new one does not compile without its rule.

use http::Method;
use shakedown_oci::{RepositoryName, Scope};

use crate::api::Route;

/// What a request needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Right {
    /// Nothing: for operators' probes that read nothing.
    Nothing,
    /// To be somebody, whoever it is. This is where clients learn how to log in.
    Somebody,
    /// This scope.
    Scope(Scope),
}

/// The right that `method` on `route` needs, also where the method is not supported.
pub(crate) fn right(route: &Route, method: &Method) -> Right {
    let on = |name: &RepositoryName, action: &str| Right::Scope(Scope::repository(name, &[action]));
    let content = |name: &RepositoryName| match *method {
        Method::GET | Method::HEAD => on(name, "pull"),
        Method::DELETE => on(name, "delete"),
        _ => on(name, "push"),
    };
    match route {
        Route::Health => Right::Nothing,
        Route::Base => Right::Somebody,
        Route::Catalog => Right::Scope(Scope::catalog()),
        Route::Tags(name) | Route::Manifest(name, _) | Route::Blob(name, _) | Route::Referrers(name, _) => {
            content(name)
        }
        // A session is a part of pushing, also where it is only looked at or given up.
        Route::Uploads(name) | Route::Upload(name, _) => on(name, "push"),
    }
}

/// What the challenge asks the client to get: the right, and what comes with it. Who pushes also looks what is there.
pub(crate) fn wish(right: &Right) -> Option<Scope> {
    let Right::Scope(scope) = right else { return None };
    let push = scope.actions.iter().any(|action| action == "push");
    Some(if push { Scope::repository(&scope.name, &["pull", "push"]) } else { scope.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_has_its_right() {
        let name: RepositoryName = "a/b".parse().unwrap();
        let (reference, upload) = ("1".to_owned(), "u".to_owned());
        let routes = [
            Route::Base,
            Route::Health,
            Route::Catalog,
            Route::Tags(name.clone()),
            Route::Manifest(name.clone(), reference.clone()),
            Route::Blob(name.clone(), reference.clone()),
            Route::Uploads(name.clone()),
            Route::Upload(name.clone(), upload),
            Route::Referrers(name, reference),
        ];
        let methods = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        let line = |route: &Route| {
            let one = |method: &Method| match right(route, method) {
                Right::Nothing => "-".to_owned(),
                Right::Somebody => "somebody".to_owned(),
                Right::Scope(scope) => scope.actions.join(","),
            };
            let rights: Vec<_> = methods.iter().map(one).collect();
            format!("{:<10}{}", format!("{route:?}").split('(').next().unwrap_or_default(), rights.join(" "))
        };
        let table: Vec<_> = routes.iter().map(line).collect();
        insta::assert_snapshot!(table.join("\n"), @r"
        Base      somebody somebody somebody somebody somebody somebody
        Health    - - - - - -
        Catalog   * * * * * *
        Tags      pull pull push push push delete
        Manifest  pull pull push push push delete
        Blob      pull pull push push push delete
        Uploads   push push push push push push
        Upload    push push push push push push
        Referrers pull pull push push push delete
        ");
    }
}
