//! Where a shop's two databases are, and what a thief has of them.

use std::fs;
use std::path::Path;

use nightsafe_store::Database;
use nightsafe_tests::database::OwnDatabase;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// Each server opens its databases as its own role.
pub(crate) enum Place {
    Folder,
    Server(OwnDatabase),
}

impl Place {
    /// `None` where there is no server.
    pub(crate) async fn of(engine: Engine) -> Option<Self> {
        match engine {
            Engine::Sqlite => Some(Self::Folder),
            Engine::Postgres => OwnDatabase::make().await.map(Self::Server),
        }
    }

    pub(crate) fn database(&self, folder: &Path, name: &str, role: &str) -> Database {
        match self {
            Self::Folder => folder.join(format!("{name}.db")).into(),
            Self::Server(own) => own.url_as(role).parse().unwrap(),
        }
    }

    /// Puts a copy of a database into the folder, unless it lies there; returns the names of its files.
    pub(crate) fn steal(&self, folder: &Path, name: &str) -> Vec<String> {
        match self {
            Self::Folder => ["db", "db-shm", "db-wal"].map(|end| format!("{name}.{end}")).to_vec(),
            Self::Server(own) => {
                let file = format!("{name}.sql");
                fs::write(folder.join(&file), own.dump(name)).unwrap();
                vec![file]
            }
        }
    }
}
