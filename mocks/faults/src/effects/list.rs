//! The macro that turns the list of effects into the enum and all that is said about it.

/// Makes `mod`s, the externally tagged enum and its tables from lines `"kind" file Type "doc" "example";`.
macro_rules! effects {
    ($($name:literal $module:ident $Type:ident $doc:literal $example:literal;)*) => {
        $(mod $module;)*
        $(pub use $module::$Type;)*

        /// What a fault does. Kinds are keys: `effect: { delay: 2s }`; a kind that needs nothing more may stand alone:
        /// `effect: reset`.
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        pub enum Effect {
            $(
                #[doc = $doc]
                #[serde(rename = $name)]
                $Type($Type),
            )*
        }

        /// The kinds as files name them.
        const NAMES: &[&str] = &[$($name),*];

        impl Effect {
            /// Every kind with its one line of documentation, in the order of the list.
            pub const KINDS: &[(&str, &str)] = &[$(($name, $doc)),*];

            /// Every kind with an example as a file writes it.
            pub const EXAMPLES: &[(&str, &str)] = &[$(($name, $example)),*];

            /// The kind as files name it.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$Type(_) => $name,)* }
            }

            /// What it does, in a few words for people.
            pub fn summary(&self) -> String {
                match self { $(Self::$Type(kind) => kind.summary(),)* }
            }

            /// What to do, in order; what is left to chance comes from the stream.
            pub fn actions(&self, rng: &mut rand_chacha::ChaCha8Rng) -> Vec<crate::Action> {
                match self { $(Self::$Type(kind) => kind.actions(rng),)* }
            }

            /// What is wrong with its parameters, for the author of a file.
            pub fn problems(&self) -> Vec<String> {
                match self { $(Self::$Type(kind) => kind.problems(),)* }
            }

            /// The kind standing alone; `None`: there is such a kind, but it needs more.
            fn bare(name: &str) -> Option<Option<Self>> {
                match name {
                    $($name => Some(<$Type as EffectKind>::bare().map(Self::$Type)),)*
                    _ => None,
                }
            }

            /// The kind of this key with the value that follows it; `None`: there is no such kind.
            fn keyed<'de, A: serde::de::MapAccess<'de>>(name: &str, map: &mut A) -> Result<Option<Self>, A::Error> {
                match name {
                    $($name => map.next_value().map(|kind| Some(Self::$Type(kind))),)*
                    _ => Ok(None),
                }
            }
        }

        impl schemars::JsonSchema for Effect {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                "Effect".into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let alone: Vec<&str> =
                    NAMES.iter().copied().filter(|name| matches!(Self::bare(name), Some(Some(_)))).collect();
                let keyed = vec![$(schemars::json_schema!({
                    "type": "object",
                    "description": $doc,
                    "properties": { $name: generator.subschema_for::<$Type>() },
                    "required": [$name],
                    "additionalProperties": false,
                })),*];
                let mut ways = vec![schemars::json_schema!({ "enum": alone })];
                ways.extend(keyed);
                schemars::json_schema!({ "description": "What a fault does.", "anyOf": ways })
            }
        }
    };
}
pub(crate) use effects;
