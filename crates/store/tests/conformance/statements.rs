//! No statement without a test: what the sources name is held against what the drivers ran.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::place::Engine;

/// Statements that only one engine has, because the engines differ there.
const SQLITE_ONLY: [&str; 27] = [
    "monitor log append",
    "monitor log entries",
    "monitor log forget entries",
    "monitor log forget",
    "monitor log remember",
    "monitor log size",
    "monitor log",
    "monitor remember",
    "monitor sites",
    "outbox insert some",
    "outbox keep id",
    "outbox delete one",
    "outbox look",
    "sqlite backup",
    "vault destroy grants",
    "vault destroy recovery",
    "vault destroy wrapped",
    "vault empty log",
    "vault forget grants",
    "vault insert purged",
    "vault put field",
    "vault rebuild",
    "vault settled",
    "vault settled before",
    "vault update field",
    "witness cosigned",
    "witness keep",
];
const POSTGRES_ONLY: [&str; 18] = [
    "migrate left_open",
    "migrate lock",
    "migrate role",
    "migrate server",
    "migrate shared",
    "outbox delete all",
    "outbox empty_slots",
    "outbox insert all",
    "postgres prepare",
    "postgres risks",
    "postgres serialise",
    "postgres version",
    "vault hold field rows",
    "vault mark all",
    "vault purge_key",
    "vault put field_staging",
    "vault replace_field",
    "vault settle",
];

#[derive(Clone, Default)]
struct Ran(Arc<Mutex<BTreeSet<String>>>);

#[tokio::test]
async fn every_statement_runs_on_both_engines() {
    let ran = Ran::default();
    // For the whole process: the drivers log from threads of their own
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(ran.clone())).unwrap();
    let named = named_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(named.len() > 40, "{named:?}");
    for (engine, foreign) in [(Engine::Sqlite, &POSTGRES_ONLY[..]), (Engine::Postgres, &SQLITE_ONLY[..])] {
        if engine == Engine::Postgres && std::env::var_os("NIGHTSAFE_TEST_POSTGRES_URL").is_none() {
            eprintln!("SKIPPED: the statements on PostgreSQL");
            continue;
        }
        ran.0.lock().unwrap().clear();
        crate::all(engine).await;
        if engine == Engine::Sqlite {
            crate::monitor::numbers_only_go_up_and_the_first_time_stays().await;
            crate::monitor::logs_only_grow().await;
            crate::monitor::cosigned_goes_on_from_what_was_cosigned().await;
        }
        let ran = ran.0.lock().unwrap().clone();
        let missed: Vec<_> =
            named.iter().filter(|name| !ran.contains(*name) && !foreign.contains(&name.as_str())).collect();
        assert!(missed.is_empty(), "no test runs these on {engine:?}: {missed:?}");
    }
    for name in SQLITE_ONLY.iter().chain(&POSTGRES_ONLY) {
        assert!(named.contains(*name), "{name} is no statement any more");
    }
}

/// The name in the comment that every statement begins with.
fn name(text: &str) -> Option<&str> {
    text.trim_start_matches(['"', ' ', '\n']).strip_prefix("/* ")?.split(" */").next()
}

/// Names in all sources; refuses a statement without one, and a name that stands for two texts.
fn named_in(folder: &Path) -> BTreeSet<String> {
    let mut names: BTreeSet<String> =
        nightsafe_store::vault::search_statements().iter().map(|text| name(text).unwrap().to_owned()).collect();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.extend(named_in(&path));
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for start in ["sqlx::query(", "sqlx::query_scalar(", "statement("] {
            for (at, _) in text.match_indices(start) {
                let argument = text[at + start.len()..].trim_start();
                if !argument.starts_with('"') || argument.starts_with("\"PRAGMA ") {
                    continue; // a constant or a macro, whose text is found below
                }
                assert!(name(argument).is_some(), "{}: a statement without a name: {argument:.60}", path.display());
            }
        }
        for (at, _) in text.match_indices("\"/* ") {
            let name = name(&text[at..]).unwrap();
            // The searches' texts are put together
            assert!(
                name.contains('"') || names.insert(name.to_owned()),
                "{}: a second statement named {name}",
                path.display()
            );
        }
    }
    names
}

impl<S: tracing::Subscriber> Layer<S> for Ran {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            event.record(&mut &*self);
        }
    }
}

impl Visit for &Ran {
    fn record_str(&mut self, field: &Field, text: &str) {
        if matches!(field.name(), "summary" | "db.statement") {
            // A long statement is in the second of the two; the first is then cut short
            if let Some(name) = name(text).filter(|_| text.contains(" */")) {
                self.0.lock().unwrap().insert(name.to_owned());
            }
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let text = format!("{value:?}");
        self.record_str(field, &text);
    }
}
