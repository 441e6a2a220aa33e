//! A whole site: keys, manifest, release, shop page, and servers for all of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use nightsafe_core::anchor::{Origin, TrustAnchor, WasmFile};
use nightsafe_core::keys::PrivateItems;
use nightsafe_core::log::{
    Checkpoint, Hash as LeafHash, Hashes, Logged, Origin as LogOrigin, Plan, Tile, Tree, Witness, encode_bundle,
};
use nightsafe_core::manifest::{self, DataKey, KeyManifest};
use nightsafe_core::note::NoteSigner;
use nightsafe_core::policy::builtin;
use nightsafe_core::release::{
    ALL_PATHS, File, FilePath, Headers, KeyManifestId, MadeWith, NOTE_PATH, PROOF_PATH, Place, Script, SiteRelease,
    sign,
};
use nightsafe_core::release_log::{Entry, Kind};
use nightsafe_core::scalar::Site;
use nightsafe_core::suite::Suite;
use nightsafe_core::time::UnixTime;
use nightsafe_core::timestamp::{self, Timestamp};
use nightsafe_monitor::check::{Job, Outcome, Target, check};
use nightsafe_monitor::inventory::Inventory;
use nightsafe_monitor::net::Net;
use nightsafe_monitor::visitor::Patience;
use nightsafe_serve::client::ClientTls;
use nightsafe_serve::release::typed;
use nightsafe_store::monitor::{ReadLog, WatchedSite};

use crate::serving::{Answer, Answers, Asked, Part, serve};

pub(crate) const ELEMENT: &str = "/element-1.js";
pub(crate) const FRAME: &str = "/frame-1.html";
pub(crate) const LOADER: &str = "/loader-1.js";
pub(crate) const WASM: &str = "/checkout-1.wasm";
pub(crate) const CHECKOUT: &str = "/checkout";

pub(crate) struct Rig {
    pub(crate) answers: Arc<Mutex<Answers>>,
    pub(crate) anchor: TrustAnchor,
    pub(crate) manifest: KeyManifest,
    pub(crate) release: SiteRelease,
    pub(crate) inventory: Inventory,
    pub(crate) known: Option<WatchedSite>,
    pub(crate) patience: Patience,
    /// As it was read by `look_and_remember`.
    pub(crate) read: Option<ReadLog>,
    pub(crate) witnesses: (Vec<Witness>, usize),
    pub(crate) log: Log,
    /// Until when ingest says that the manifest is the current one.
    pub(crate) until: UnixTime,
    /// Further files of the fields origin.
    pub(crate) more: Vec<(&'static str, Vec<u8>)>,
    /// What tags list besides the element's hash.
    pub(crate) keys: Vec<[u8; 32]>,
    data_key: Vec<u8>,
}

/// The release log as it is served. Clones are one log.
#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) entries: Arc<Mutex<Vec<Vec<u8>>>>,
    pub(crate) key: u8,
}

impl Log {
    pub(crate) fn signer(&self) -> NoteSigner {
        NoteSigner::from_seed("demo.nightsafe.example/release-log", &[self.key; 32]).unwrap()
    }

    /// Puts an entry in the place of another of its number: the log of a site that is made anew.
    fn replace(&self, entry: &Entry) {
        let is_other = |held: &Entry| (held.kind, held.sequence) == (entry.kind, entry.sequence) && held != entry;
        self.entries.lock().unwrap().retain(|bytes| !Entry::parse(bytes).is_some_and(|held| is_other(&held)));
        self.add(entry);
    }

    /// Adds an entry, unless it is there.
    pub(crate) fn add(&self, entry: &Entry) {
        let bytes = entry.encode().into_bytes();
        let mut entries = self.entries.lock().unwrap();
        if !entries.contains(&bytes) {
            entries.push(bytes);
        }
    }

    /// All files below /log/: as the specification of tiles has them, made from the leaves.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let entries = self.entries.lock().unwrap();
        let size = entries.len() as u64;
        let (mut tree, mut hashes) = (Tree::new(), Hashes::default());
        entries.iter().for_each(|entry| hashes.store(tree.append(LeafHash::of_leaf(entry)).unwrap()));
        let mut files = Vec::new();
        for level in 0..8 {
            for tile in (0..).map_while(|index| Tile::of_log(level, index, size)) {
                files.push((tile.path(), Tile::encode_hashes(&hashes.tile(tile).unwrap())));
            }
        }
        for tile in (0..).map_while(|index| Tile::bundle_of_log(index, size)) {
            let start = tile.index() as usize * 256;
            let bundle = encode_bundle(&entries[start..start + usize::from(tile.width())]).unwrap();
            files.push((tile.path(), bundle));
        }
        let origin = LogOrigin::parse("demo.nightsafe.example/release-log").unwrap();
        let checkpoint = Checkpoint { origin, size, root: tree.root() }.sign(&self.signer()).unwrap();
        files.push(("checkpoint".to_owned(), checkpoint.into_bytes()));
        files
    }

    /// The proof of an entry, which must be there.
    fn proof(&self, entry: &Entry) -> String {
        let files = self.files();
        let entries = self.entries.lock().unwrap();
        let (mut tree, mut hashes) = (Tree::new(), Hashes::default());
        entries.iter().for_each(|entry| hashes.store(tree.append(LeafHash::of_leaf(entry)).unwrap()));
        let index = entries.iter().position(|one| *one == entry.encode().into_bytes()).unwrap() as u64;
        let proof = Plan::for_inclusion(index, tree.size()).unwrap().read_proof(&hashes).unwrap();
        let checkpoint = String::from_utf8(files.last().unwrap().1.clone()).unwrap();
        Logged { index, proof, checkpoint }.encode()
    }
}

pub(crate) fn time(text: &str) -> UnixTime {
    UnixTime::parse(text).unwrap()
}

/// The time of all checks.
pub(crate) fn now() -> UnixTime {
    time("2026-11-27T12:00:00Z")
}

pub(crate) fn key(name: &str, seed: u8) -> NoteSigner {
    NoteSigner::from_seed(&format!("demo.nightsafe.example/{name}"), &[seed; 32]).unwrap()
}

impl Rig {
    /// Served as it was signed.
    pub(crate) fn new() -> Self {
        let answers = Arc::new(Mutex::new(Answers::default()));
        let origin = |part| Origin::parse(&format!("http://localhost:{}", serve(part, &answers))).unwrap();
        let [shop, fields, ingest, admin] = [Part::Shop, Part::Fields, Part::Ingest, Part::Admin].map(origin);
        let site = Site::parse("demo.nightsafe.example").unwrap();
        let site_keys = [key("site-1", 1), key("site-2", 2)];
        let data_key = PrivateItems::generate(Suite::X25519, &mut UnwrapErr(SysRng)).unwrap();
        let start = time("2026-11-20T00:00:00Z");
        let manifest = KeyManifest {
            site: site.clone(),
            sequence: 5,
            not_before: start,
            not_after: start.plus_days(390),
            ingest: ingest.clone(),
            parents: vec![shop.clone()],
            timestamp_key: key("timestamp", 3).vkey().clone(),
            receipt_key: key("receipt", 4).vkey().clone(),
            data_keys: vec![DataKey::new(start, data_key.public_key())],
            kinds: builtin(),
        };
        let wasm = WasmFile { name: "checkout-1.wasm".into(), integrity: format!("sha384-{}", "A".repeat(64)) };
        let anchor = TrustAnchor {
            site: site.clone(),
            site_keys: site_keys.iter().map(|key| key.vkey().clone()).collect(),
            threshold: 2,
            sequence_floor: 4,
            ingest,
            wasm: wasm.clone(),
            wasm_portable: wasm,
        };
        let place = |origin| Place { origin, files: BTreeMap::new(), headers: BTreeMap::new() };
        let release = SiteRelease {
            site,
            version: "2026-11-25.3".into(),
            sequence: 3,
            created: time("2026-11-25T00:00:00Z"),
            expires: time("2026-11-25T00:00:00Z").plus_days(395),
            made_with: MadeWith {
                version: "0.1.0".into(),
                source_commit: "unknown".into(),
                toolchain: "none".into(),
                modules: BTreeMap::new(),
            },
            key_manifest: KeyManifestId { sequence: 0, hash: manifest::hash("") },
            log: None,
            element: None,
            programs: BTreeMap::new(),
            fields: place(fields),
            admin: place(admin),
        };
        let patience =
            Patience { exchange: Duration::from_secs(20), check: Duration::from_secs(60), again: (1, Duration::ZERO) };
        let mut rig = Self {
            answers,
            anchor,
            manifest,
            release,
            inventory: Inventory::default(),
            known: None,
            patience,
            read: None,
            witnesses: (Vec::new(), 0),
            log: Log { entries: Arc::default(), key: 5 },
            until: now().plus_days(1),
            more: Vec::new(),
            keys: Vec::new(),
            data_key: data_key.public_key().as_bytes().to_vec(),
        };
        rig.publish();
        rig.put_page();
        rig
    }

    /// The shop's page, with the tag of now.
    pub(crate) fn put_page(&self) {
        let page = format!("<!doctype html><title>Checkout</title><p>One owl</p>{}", self.tag());
        let html = ("content-type".to_owned(), "text/html; charset=utf-8".to_owned());
        self.put(Part::Shop, CHECKOUT, Answer::new([html], page));
    }

    /// Signs what there is, and serves it.
    pub(crate) fn publish(&mut self) {
        let [one, two] = [&self.site_key(0), &self.site_key(1)];
        let note = manifest::sign(&self.manifest, &[one, two]).unwrap();
        self.release.key_manifest =
            KeyManifestId { sequence: self.manifest.sequence, hash: manifest::hash(&self.manifest.encode()) };
        self.release.log = Some(self.log.signer().vkey().clone());
        self.log.replace(&self.manifest_entry());
        let anchor = serde_json::to_string(&self.anchor.encode()).unwrap();
        let data_key = format!("/{}", self.manifest.data_keys[0].file_name());
        let number = self.release.sequence;
        let mut fields = vec![
            (ELEMENT, format!("element({number})").into_bytes()),
            (FRAME, format!("<!doctype html><script src={LOADER}></script>").into_bytes()),
            (LOADER, format!("load({anchor})").into_bytes()),
            (WASM, b"\0asm\x01\0\0\0".to_vec()),
            ("/key-manifest", note.into_bytes()),
            (data_key.as_str(), self.data_key.clone()),
        ];
        fields.extend(self.more.clone());
        let admin = [("/", "admin"), ("/index.html", "admin"), ("/admin.js", "admin()")]
            .map(|(path, text)| (path, text.into()));
        fill(&mut self.release.fields, &fields);
        let element = FilePath::parse(ELEMENT).unwrap();
        self.release.fields.files.get_mut(&element).unwrap().keys = self.keys.clone();
        fill(&mut self.release.admin, &admin);
        let wasm = self.release.fields.files[&FilePath::parse(WASM).unwrap()].sha256;
        self.release.made_with.modules = BTreeMap::from([("checkout".to_owned(), wasm)]);
        let note = sign(&self.release, &[one, two]).unwrap();
        let entry = Entry::of_release(&self.release);
        self.log.replace(&entry);
        let proof = self.log.proof(&entry);
        for (part, place, files) in
            [(Part::Fields, &self.release.fields, &fields[..]), (Part::Admin, &self.release.admin, &admin[..])]
        {
            let mut answers = self.answers.lock().unwrap();
            answers.files.retain(|(other, _), _| *other != part);
            let mut put = |path: &str, headers: Headers, body: &[u8]| {
                answers.files.insert((part, path.to_owned()), Answer::new(headers, body));
            };
            for (path, body) in files {
                put(path, place.headers_of(path), body);
            }
            let own = [(NOTE_PATH.to_owned(), note.clone()), (PROOF_PATH.to_owned(), proof.clone())];
            for (path, text) in self.release.descriptions().iter().chain(&own) {
                let mut headers = place.headers_of(path);
                headers.extend(typed(path));
                put(path, headers, text.as_bytes());
            }
            let nothing = Answer { status: 404, ..Answer::new(place.headers_of("/nothing"), "") };
            answers.nothing.insert(part, nothing);
        }
        for part in [Part::Shop, Part::Ingest] {
            self.answers.lock().unwrap().nothing.insert(part, Answer { status: 404, ..Answer::new([], "") });
        }
        self.stamp(self.until, Some([7; 32]));
    }

    pub(crate) fn manifest_entry(&self) -> Entry {
        let hash = *manifest::hash(&self.manifest.encode()).as_bytes();
        let (site, sequence) = (self.manifest.site.clone(), self.manifest.sequence);
        Entry { site, kind: Kind::Manifest, sequence, hash }
    }

    /// Serves a log.
    pub(crate) fn serve_log(&self, log: &Log) {
        log.files().into_iter().for_each(|(path, bytes)| self.put_log(&format!("/log/{path}"), bytes));
    }

    /// A file of the log, with its headers.
    pub(crate) fn put_log(&self, path: &str, bytes: Vec<u8>) {
        let headers = self.release.fields.headers_of("/nothing").into_iter().chain(typed(path));
        self.put(Part::Fields, path, Answer::new(headers, bytes));
    }

    /// Ingest says that the manifest is the current one; the roster is in the log.
    pub(crate) fn stamp(&self, until: UnixTime, roster: Option<[u8; 32]>) {
        let stamp = Timestamp {
            site: self.manifest.site.clone(),
            manifest: manifest::hash(&self.manifest.encode()),
            roster,
            until,
        };
        if let Some(hash) = roster {
            let (site, sequence) = (self.manifest.site.clone(), hash[0].into());
            self.log.add(&Entry { site, kind: Kind::Roster, sequence, hash });
        }
        self.serve_log(&self.log);
        let note = timestamp::issue(&stamp, &self.timestamp_key()).unwrap();
        self.put(Part::Ingest, "/v1/timestamp", Answer::new([], note));
    }

    pub(crate) fn put(&self, part: Part, path: &str, answer: Answer) {
        self.answers.lock().unwrap().files.insert((part, path.to_owned()), answer);
    }

    /// From now on, what is asked is answered otherwise.
    pub(crate) fn twist(&self, twist: impl Fn(&Asked, &mut Answer) + Send + 'static) {
        let mut answers = self.answers.lock().unwrap();
        answers.twist = Box::new(twist);
        answers.asked.clear();
    }

    pub(crate) fn site_key(&self, number: usize) -> NoteSigner {
        key(["site-1", "site-2"][number], [1, 2][number])
    }

    pub(crate) fn timestamp_key(&self) -> NoteSigner {
        key("timestamp", 3)
    }

    /// As the shop's page has it.
    pub(crate) fn tag(&self) -> String {
        let integrity = self.release.fields.files[&FilePath::parse(ELEMENT).unwrap()].integrity();
        let url = self.release.fields.url(ELEMENT);
        format!("<script src=\"{url}\" integrity=\"{integrity}\" crossorigin=\"anonymous\"></script>")
    }

    pub(crate) fn shop(&self) -> String {
        format!("{}{CHECKOUT}", self.manifest.parents[0])
    }

    pub(crate) fn job(&self) -> Job {
        let fields = Target::Site(self.release.fields.origin.clone());
        Job {
            anchor: self.anchor.clone(),
            targets: vec![fields, Target::parse(&self.shop()).unwrap()],
            inventory: self.inventory.clone(),
            net: Net { tls: ClientTls::trusting(&[]).unwrap(), proxy: None, connect: BTreeMap::new() },
            patience: self.patience,
            now: now(),
            known: self.known.clone(),
            log: self.read.clone(),
            witnesses: self.witnesses.clone(),
            local: None,
            days: (30, 7),
        }
    }

    /// Nothing is remembered.
    pub(crate) async fn look(&self) -> Outcome {
        check(self.job()).await
    }

    /// What was seen is remembered.
    pub(crate) async fn look_and_remember(&mut self) -> Outcome {
        let job = self.job();
        let outcome = check(job.clone()).await;
        self.known = Some(outcome.remember(&job));
        self.read = outcome.log.clone().or(self.read.take());
        outcome
    }
}

fn fill(place: &mut Place, files: &[(&str, Vec<u8>)]) {
    let script = |path: &FilePath| {
        path.is_code().then(|| Script { owner: "us".into(), purpose: "seals".into(), justification: "needed".into() })
    };
    let headers =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Headers>();
    let all = headers(&[
        ("Content-Security-Policy", "default-src 'none'; sandbox"),
        ("X-Content-Type-Options", "nosniff"),
        ("Connection-Allowlist", "();webrtc=block"),
        ("Integrity-Policy", "blocked-destinations=(script), endpoints=(nightsafe)"),
    ]);
    place.headers = BTreeMap::from([(ALL_PATHS.to_owned(), all)]);
    place.files.clear();
    for (path, bytes) in files {
        let path = FilePath::parse(path).unwrap();
        let mut own = typed(path.as_str());
        if path.as_str() == FRAME {
            own.insert(
                "Content-Security-Policy".to_owned(),
                "script-src 'self'; frame-ancestors https://a.example".to_owned(),
            );
        }
        place.headers.insert(path.as_str().to_owned(), own);
        place.files.insert(path.clone(), File::of(bytes, script(&path)));
    }
}

/// Verdicts and codes, each once.
pub(crate) fn words(outcome: &Outcome) -> Vec<String> {
    let mut words: Vec<_> =
        outcome.findings.iter().map(|told| format!("{} {}", told.finding.verdict.word(), told.finding.code)).collect();
    words.dedup();
    words
}
