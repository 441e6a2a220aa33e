//! A JSON object whose names must differ.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess};

/// More than there are facets.
const MAX_ENTRIES: usize = 32;

/// Text to text, without a name that is there twice: readers that disagree about which of two
/// counts are a way to show one thing and store another.
///
/// At most [`MAX_ENTRIES`]: a short name and an empty text take up many times what they are on the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct UniqueMap(pub(crate) BTreeMap<String, String>);

impl<'de> Deserialize<'de> for UniqueMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = UniqueMap;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<UniqueMap, A::Error> {
                let mut map = BTreeMap::new();
                while let Some((name, text)) = entries.next_entry()? {
                    if map.len() == MAX_ENTRIES {
                        return Err(de::Error::custom("too many names"));
                    }
                    if map.insert(name, text).is_some() {
                        return Err(de::Error::custom("a name is there twice"));
                    }
                }
                Ok(UniqueMap(map))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}
