//! What is served, or is about to be, held against a release: every byte and every header. Of a running server that is
//! `nightsafe_serve::release`, which the monitor uses, too.

mod folder;

pub(crate) use folder::{Folder, folder};
