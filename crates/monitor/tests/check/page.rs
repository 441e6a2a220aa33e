//! The shop's own page.

use nightsafe_core::encoding::b64;
use nightsafe_core::release::{File, FilePath};
use nightsafe_monitor::check::{Target, check};
use nightsafe_monitor::inventory::Inventory;
use nightsafe_monitor::verdict::Severity;

use crate::rig::{CHECKOUT, ELEMENT, Rig, words};
use crate::serving::{Answer, Part};

const WHY: &str = "owner = \"web team\"\npurpose = \"counts\"\njustification = \"asked for\"\n";

fn put_page(rig: &Rig, page: &str) {
    rig.put(Part::Shop, CHECKOUT, Answer::new([], page));
}

fn inventory(text: &str) -> Inventory {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inventory.toml");
    std::fs::write(&path, text).unwrap();
    Inventory::read(&path).unwrap()
}

#[tokio::test]
async fn the_tag_must_be_there_and_pin_the_element() {
    let rig = Rig::new();
    let good = rig.tag();
    let url = rig.release.fields.url("/element-1.js");
    for (page, word) in [
        (good.clone(), None),
        (good.replace(" crossorigin=\"anonymous\"", " crossorigin"), None),
        (good.replace(" crossorigin=\"anonymous\"", ""), Some("UNSIGNED-CHANGE tag_not_pinned")),
        (good.replace("sha384-", "sha384-x"), Some("UNSIGNED-CHANGE tag_not_pinned")),
        (format!("<script src={url} crossorigin></script>"), Some("UNSIGNED-CHANGE tag_not_pinned")),
        (format!("<script src={url} integrity crossorigin></script>"), Some("UNSIGNED-CHANGE tag_not_pinned")),
        ("<p>Pay by transfer</p>".to_owned(), Some("UNSIGNED-CHANGE tag_missing")),
        // Not where a browser would run it
        (format!("<textarea>{good}</textarea>"), Some("UNSIGNED-CHANGE tag_missing")),
    ] {
        put_page(&rig, &page);
        let wanted: Vec<String> = word.into_iter().map(str::to_owned).collect();
        assert_eq!(words(&rig.look().await), wanted, "{page}");
    }
    // Somebody else's element, pinned as it should be
    put_page(&rig, &good.replace(&url, "https://evil.example/element-1.js"));
    let found = words(&rig.look().await);
    assert_eq!(found, ["UNSIGNED-CHANGE tag_missing", "FOREIGN-SCRIPT script_not_listed"]);
}

#[tokio::test]
async fn a_shop_that_lags_behind_is_ok_and_told() {
    let mut rig = Rig::new();
    rig.more = vec![("/element-2.js", b"element(2)".to_vec())];
    rig.release.element = FilePath::parse("/element-2.js");
    rig.publish();
    rig.look_and_remember().await;
    // The tag of the release before, which the release of now still has
    rig.put_page();
    let outcome = rig.look().await;
    assert_eq!((words(&outcome), outcome.severity()), (vec!["OK earlier_element".to_owned()], Severity::Ok));
    let said = &outcome.findings[0].finding.said;
    assert!(
        said.contains("/element-1.js, of an earlier release") && said.contains("that of now is /element-2.js"),
        "{said}"
    );
    // Pinned as badly it is no better than any other
    put_page(&rig, &rig.tag().replace("sha384-", "sha384-x"));
    assert_eq!(rig.look().await.severity(), Severity::Critical);
    let now = rig.release.fields.files[&FilePath::parse("/element-2.js").unwrap()].integrity();
    let url = rig.release.fields.url("/element-2.js");
    put_page(&rig, &format!("<script src={url} integrity={now} crossorigin></script>"));
    assert_eq!(words(&rig.look().await), [] as [String; 0]);
}

#[tokio::test]
async fn the_tag_may_list_the_keys_of_the_release_or_none_and_no_other() {
    let mut rig = Rig::new();
    rig.keys = vec![[1; 32], [2; 32]];
    rig.publish();
    let (good, hash) = (rig.tag(), rig.release.fields.files[&FilePath::parse(ELEMENT).unwrap()].integrity());
    let with = |keys: &[u8]| {
        let pins: String = keys.iter().map(|key| format!(" ed25519-{}", b64(&[*key; 32]))).collect();
        good.replace(&hash, &format!("{hash}{pins}"))
    };
    assert!(rig.release.fields.files[&FilePath::parse(ELEMENT).unwrap()].pin().ends_with("AgI="));
    for (page, is_good) in [
        (with(&[1, 2]), true),
        // Older, or of a shop whose policy allows hashes alone
        (with(&[]), true),
        (with(&[1]), false),
        (with(&[2, 1]), false),
        (with(&[3]), false),
        // Either of them would be enough for a browser
        (with(&[1, 2, 3]), false),
        (with(&[1, 3]), false),
        (with(&[1, 2]).replace("sha384-", "sha384-x"), false),
        (with(&[1, 2]).replace(&format!("{hash} "), ""), false),
        (with(&[1, 2]).replace(" crossorigin=\"anonymous\"", ""), false),
    ] {
        put_page(&rig, &page);
        let wanted: &[&str] = if is_good { &[] } else { &["UNSIGNED-CHANGE tag_not_pinned"] };
        assert_eq!(words(&rig.look().await), wanted, "{page}");
    }
    // Of a release that names no keys, none are its own
    let page = with(&[1, 2]);
    rig.keys.clear();
    rig.publish();
    put_page(&rig, &page);
    assert_eq!(words(&rig.look().await), ["UNSIGNED-CHANGE tag_not_pinned"]);
}

#[tokio::test]
async fn a_page_alone_leads_to_the_fields_origin() {
    let rig = Rig::new();
    let mut job = rig.job();
    job.targets = vec![Target::parse(&rig.shop()).unwrap()];
    let outcome = check(job.clone()).await;
    assert_eq!((outcome.severity(), outcome.release.is_some()), (Severity::Ok, true), "{:?}", outcome.findings);
    // The element of a copy of the site, on the shop's own origin: the release says where it should be
    let honest = rig.answers.lock().unwrap().files.clone();
    for ((part, path), answer) in &honest {
        if *part == Part::Fields {
            rig.put(Part::Shop, path, answer.clone());
        }
    }
    put_page(&rig, &rig.tag().replace(rig.release.fields.origin.as_str(), rig.manifest.parents[0].as_str()));
    assert_eq!(
        words(&check(job.clone()).await),
        ["UNSIGNED-CHANGE tag_missing", "UNSIGNED-CHANGE wrong_origin", "FOREIGN-SCRIPT script_not_listed"]
    );
    // Of one that nobody answers for, nobody knows; with the fields origin named, it is foreign
    put_page(&rig, &rig.tag().replace(rig.release.fields.origin.as_str(), "http://localhost:1"));
    assert_eq!(check(job.clone()).await.severity(), Severity::Unknown);
    assert_eq!(rig.look().await.severity(), Severity::Critical);
    put_page(&rig, "<p>nothing here");
    assert_eq!(words(&check(job).await), ["UNSIGNED-CHANGE tag_missing"]);
}

#[tokio::test]
async fn what_the_inventory_lists_may_run_and_nothing_else() {
    let mut rig = Rig::new();
    let shop = rig.manifest.parents[0].clone();
    let script = b"count()";
    rig.put(Part::Shop, "/count.js", Answer::new([], *script));
    let (tag, integrity) = (rig.tag(), File::of(script, None).integrity());
    let page = format!("{tag}<script src=/count.js></script><script>go()</script><iframe src=/map></iframe>");
    put_page(&rig, &page);
    let words_of = words(&rig.look().await);
    assert_eq!(
        words_of,
        ["FOREIGN-SCRIPT frame_not_listed", "FOREIGN-SCRIPT inline_not_listed", "FOREIGN-SCRIPT script_not_listed"]
    );
    let hash = {
        use sha2::Digest;
        nightsafe_core::encoding::b64(&sha2::Sha256::digest(b"go()"))
    };
    rig.inventory = inventory(&format!(
        "[[script]]\nurl = \"{shop}/count.js\"\nintegrity = \"{integrity}\"\n{WHY}[[script]]\nsha256 = \"{hash}\"\n{WHY}\
         [[script]]\nurl = \"{shop}/map\"\n{WHY}"
    ));
    assert_eq!(rig.look().await.severity(), Severity::Ok);
    // Other bytes under a listed address
    rig.put(Part::Shop, "/count.js", Answer::new([], "steal()"));
    assert_eq!(words(&rig.look().await), ["FOREIGN-SCRIPT script_changed"]);
    rig.put(Part::Shop, "/count.js", Answer::new([], *script));
    put_page(&rig, &page.replace("go()", "go() "));
    assert_eq!(words(&rig.look().await), ["FOREIGN-SCRIPT inline_not_listed"]);
}

#[tokio::test]
async fn the_pages_headers_are_those_of_the_inventory() {
    let mut rig = Rig::new();
    rig.inventory = inventory("[headers]\nContent-Security-Policy = \"script-src 'self'\"\n");
    let tag = rig.tag();
    let answer = |headers: &[(&str, &str)]| {
        Answer::new(headers.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())), tag.clone())
    };
    let policy = ("content-security-policy", "script-src 'self'");
    for (headers, word) in [
        (vec![policy], None),
        (vec![], Some("HEADER-WEAKENED header_missing")),
        (vec![("content-security-policy", "script-src *")], Some("HEADER-WEAKENED header_changed")),
        (vec![policy, policy], Some("HEADER-WEAKENED header_doubled")),
        (vec![policy, ("access-control-allow-origin", "*")], Some("HEADER-ADDED header_added")),
    ] {
        rig.put(Part::Shop, CHECKOUT, answer(&headers));
        let wanted: Vec<String> = word.into_iter().map(str::to_owned).collect();
        assert_eq!(words(&rig.look().await), wanted, "{headers:?}");
    }
}
