//! Which images of the systems that are built in are here already. Not here: the engine itself.

use super::{ANSWER_WITHIN, Facts, Finding, Wanted, users_of};

/// What was seen of the images.
#[derive(Debug, Clone)]
pub struct ImageFacts {
    /// None if there is no engine.
    pub images: Vec<ImageSeen>,
    /// The program that fetches them, by the engine that answers: `docker` or `podman`.
    pub fetcher: &'static str,
}

/// One image.
#[derive(Debug, Clone)]
pub struct ImageSeen {
    /// Its name.
    pub name: String,
    /// It is here.
    pub is_here: bool,
    /// The systems that need it.
    pub systems: Vec<String>,
}

pub(super) async fn look(wanted: &Wanted) -> ImageFacts {
    let mut images = Vec::new();
    for system in &wanted.systems {
        for image in system.all_images() {
            users_of(&mut images, &image).push(system.name.clone());
        }
    }
    let mut seen = Vec::new();
    for (name, systems) in images {
        match tokio::time::timeout(ANSWER_WITHIN, shakedown_containers::is_here(&name)).await {
            Ok(Ok(is_here)) => seen.push(ImageSeen { name, is_here, systems }),
            // Without an engine there are no images: that there is none is said once, by its own check.
            Ok(Err(_)) | Err(_) => {
                seen.clear();
                break;
            }
        }
    }
    let about = tokio::time::timeout(ANSWER_WITHIN, shakedown_containers::engine::about()).await;
    let is_podman =
        about.is_ok_and(|about| about.is_ok_and(|about| about.name == shakedown_containers::engine::PODMAN));
    let fetcher = if is_podman { "podman" } else { "docker" };
    ImageFacts { images: seen, fetcher }
}

impl Facts for ImageFacts {
    fn findings(&self) -> Vec<Finding> {
        let finding = |image: &ImageSeen| {
            let what = format!("image {}", image.name);
            if image.is_here {
                return Finding::ok(what, "is here");
            }
            // Images of our own tests come from no image registry.
            let own = image.name.starts_with("shakedown-test/");
            let (seen, fix) = if own {
                ("is built by .ci/images, not fetched", ".ci/images target/debug/shakedown".to_owned())
            } else {
                ("is fetched by the first run that needs it", format!("{} pull {}", self.fetcher, image.name))
            };
            Finding::optional(what, seen).needed_for(image.systems.clone()).fix(fix)
        };
        self.images.iter().map(finding).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Standing;

    #[test]
    fn an_image_that_is_not_here_says_who_needs_it() {
        let seen = |is_here| ImageSeen { name: "zot:2".to_owned(), is_here, systems: vec!["zot".to_owned()] };
        let findings = ImageFacts { images: vec![seen(true), seen(false)], fetcher: "podman" }.findings();
        assert_eq!([findings[0].standing, findings[1].standing], [Standing::Ok, Standing::Optional]);
        assert_eq!(
            (&findings[1].needed_for[..], findings[1].fix.as_deref()),
            (&["zot".to_owned()][..], Some("podman pull zot:2"))
        );
    }
}
