//! The roster of admins, whose head the timestamp note names: which lists are taken, and which are not.

use std::path::PathBuf;

use nightsafe_core::identity::{AdminName, Identity};
use nightsafe_core::manifest::{VerifiedManifest, verify};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::roster::{Change, Entry, Roles, Roster, to_file, verify_at_any_time};
use nightsafe_core::timestamp;
use nightsafe_ingest::{Ingest, RosterFiles, router};
use nightsafe_store::outbox::{OutboxWriter, WriterLimits};

use crate::support::{NOW, World, rng, text, time};

/// A good list of three entries, and its heads.
struct List {
    world: World,
    entries: Vec<String>,
    anna: Identity,
}

impl List {
    async fn new() -> Self {
        let world = World::new().await;
        let site = world.files.anchor.site.clone();
        let anna = Identity::generate(&site, &mut rng()).unwrap();
        let changes = vec![Change::Threshold(1), add(&anna, "Anna")];
        let first = Entry::first(&site, time(NOW), changes).sign(&world.files.signers()).unwrap();
        let mut list = Self { world, entries: vec![first], anna };
        for name in ["Ben", "Cleo"] {
            let next = list.next(name, list.anna.signer());
            list.entries.push(next);
        }
        list
    }

    fn roster(&self, count: usize) -> Roster {
        verify_at_any_time(&self.entries[..count], &self.world.files.anchor).unwrap()
    }

    /// One more person, signed by anybody.
    fn next(&self, name: &str, signer: &NoteSigner) -> String {
        let person = Identity::generate(&self.world.files.anchor.site, &mut rng()).unwrap();
        self.roster(self.entries.len()).next(time(NOW), vec![add(&person, name)]).sign(&[signer]).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.world.folder.path().join(name)
    }

    fn write(&self, entries: &[String]) {
        std::fs::write(self.path("roster"), to_file(entries)).unwrap();
    }

    /// A process that starts now.
    async fn start(&self) -> axum::Router {
        let path = self.path("outbox.db");
        let (writer, _task) = OutboxWriter::open(&path.as_path().into(), WriterLimits::default()).await.unwrap();
        let mut config = self.world.files.config(writer, self.world.clock.clone());
        config.roster = Some(RosterFiles { roster: self.path("roster"), seen: self.path("roster-seen") });
        router(Ingest::new(config).unwrap())
    }

    /// How many entries the list has that the note names; none when it names none.
    async fn named(&self, router: &axum::Router) -> Option<usize> {
        let request = axum::http::Request::get("/v1/timestamp").body(axum::body::Body::empty()).unwrap();
        let answer = text(tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()).await;
        let head = timestamp::verify(&answer, &self.manifest(), time(NOW)).unwrap().roster?;
        Some((1..=self.entries.len()).find(|count| self.roster(*count).head().0 == head).unwrap())
    }

    fn manifest(&self) -> VerifiedManifest {
        let note = std::fs::read_to_string(self.path("fields/key-manifest")).unwrap();
        verify(&note, &self.world.files.anchor, time(NOW)).unwrap()
    }
}

fn add(person: &Identity, name: &str) -> Change {
    let (roles, name) = (Roles::parse("admin").unwrap(), AdminName::parse(name).unwrap());
    Change::Add { keys: person.public().into(), roles, name }
}

/// Until a change of the file is noticed.
async fn noticed() {
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
}

#[tokio::test]
async fn the_note_names_the_roster_and_goes_on_with_it() {
    let list = List::new().await;
    let router = list.start().await;
    assert_eq!(list.named(&router).await, None, "there is no list yet");
    for count in 1..=3 {
        list.write(&list.entries[..count]);
        noticed().await;
        assert_eq!(list.named(&router).await, Some(count));
    }
    assert_eq!(std::fs::read_to_string(list.path("roster-seen")).unwrap(), list.roster(3).remember().to_text() + "\n");
    // It is on no listener
    for path in ["/roster", "/v1/roster", "/fields/roster"] {
        let request = axum::http::Request::get(path).body(axum::body::Body::empty()).unwrap();
        assert_eq!(tower::ServiceExt::oneshot(router.clone(), request).await.unwrap().status(), 404);
    }
}

#[tokio::test]
async fn what_is_refused_is_not_taken_and_the_last_good_one_stays() {
    let list = List::new().await;
    list.write(&list.entries);
    let router = list.start().await;
    assert_eq!(list.named(&router).await, Some(3));
    let stranger = Identity::generate(&list.world.files.anchor.site, &mut rng()).unwrap();
    let ghost = list.next("Mallory", stranger.signer());
    // A fork that as many admins signed as must
    let mut fork = list.entries[..2].to_vec();
    fork.push({
        let person = Identity::generate(&list.world.files.anchor.site, &mut rng()).unwrap();
        list.roster(2).next(time(NOW), vec![add(&person, "Mallory")]).sign(&[list.anna.signer()]).unwrap()
    });
    for bad in [
        to_file(&list.entries[..2]),
        to_file(&fork),
        to_file(&[list.entries.clone(), vec![ghost]].concat()),
        to_file(&[&list.entries[0], &list.entries[2]]),
        to_file(&list.entries) + "\n",
        String::new(),
    ] {
        std::fs::write(list.path("roster"), bad).unwrap();
        noticed().await;
        assert_eq!(list.named(&router).await, Some(3));
    }
    std::fs::remove_file(list.path("roster")).unwrap();
    noticed().await;
    assert_eq!(list.named(&router).await, Some(3));
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let list = List::new().await;
    list.write(&list.entries);
    assert_eq!(list.named(&list.start().await).await, Some(3));
    list.write(&list.entries[..2]);
    assert_eq!(list.named(&list.start().await).await, Some(3), "yesterday's list while nobody looked");
    // What was seen cannot be told any more: then nothing is named rather than anything
    std::fs::write(list.path("roster-seen"), "damaged").unwrap();
    list.write(&list.entries);
    assert_eq!(list.named(&list.start().await).await, None);
    std::fs::remove_file(list.path("roster-seen")).unwrap();
    assert_eq!(list.named(&list.start().await).await, Some(3));
}

#[tokio::test]
async fn a_place_that_cannot_be_kept_is_no_reason_to_forget_the_list() {
    let list = List::new().await;
    list.write(&list.entries[..1]);
    let router = list.start().await;
    assert_eq!(list.named(&router).await, Some(1));
    std::fs::remove_file(list.path("roster-seen")).unwrap();
    std::fs::create_dir(list.path("roster-seen")).unwrap();
    list.write(&list.entries[..2]);
    noticed().await;
    assert_eq!(list.named(&router).await, Some(1));
    std::fs::remove_dir(list.path("roster-seen")).unwrap();
    noticed().await;
    assert_eq!(list.named(&router).await, Some(2), "tried again, although the file did not change");
}
