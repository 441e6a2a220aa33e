//! From a proposal to a signed release, on other machines.

use std::fs;
use std::os::unix::fs::symlink;

use nightsafe_core::encoding::{b64, b64_decode};
use nightsafe_core::release::SiteRelease;

use crate::common::{SITE_KEYS, Shop, fails, fingerprint, ok, run};
use crate::{build, element, proposal, publish, served, sign, sign_and_publish, signed, verify, verify_site};

#[test]
fn built_carried_signed_in_turns_and_published() {
    let shop = Shop::built();
    let (status, found, _) = verify_site(&shop);
    assert_eq!((status, found.starts_with("manifest_unavailable")), (2, true), "{found}");
    let shown = ok(sign(&shop, &proposal(&shop, 1), 1, &["--yes"]));
    for said in
        ["THE FIRST", "Signed before by  nobody", "395 days", "Fields origin     http://localhost:4802", "script of"]
    {
        assert!(shown.contains(said), "{said}\n{shown}");
    }
    assert!(fails(publish(&shop, &[&proposal(&shop, 1)])).contains("one more site key must sign"));
    ok(sign(&shop, &proposal(&shop, 1), 3, &["--yes"]));
    let hash = ok(publish(&shop, &[&proposal(&shop, 1)]));
    let (status, said, _) = verify_site(&shop);
    assert_eq!((status, said.contains("OK")), (0, true), "{said}");
    // Again, and nothing is different
    let before = fingerprint(&shop.data());
    assert_eq!(ok(publish(&shop, &[&proposal(&shop, 1)])), hash);
    ok(shop.build(&[]));
    assert_eq!(fingerprint(&shop.data()), before);

    // The second is not served before it is signed
    let old = element(&shop);
    build(&shop, "two");
    assert_eq!((element(&shop), served(&shop).sequence), (old.clone(), 1));
    assert_eq!(verify_site(&shop).0, 0);
    let shown = ok(sign(&shop, &proposal(&shop, 2), 2, &["--yes"]));
    for said in [
        "number 2, after number 1",
        "site-key-1, demo.nightsafe.example/site-key-3; yours is not among them",
        "   NEW",
        "files as before",
        "  /index.html (",
        "   CHANGED",
        "Key manifest      number 1",
        "(as before)",
    ] {
        assert!(shown.contains(said), "{said}\n{shown}");
    }
    assert!(!shown.contains(".html   NO LONGER") && !shown.contains("THE FIRST"), "{shown}");
    ok(sign(&shop, &proposal(&shop, 2), 1, &["--yes"]));
    ok(publish(&shop, &[&proposal(&shop, 2)]));
    assert_ne!(element(&shop), old);
    assert!(shop.fields(&old).exists(), "the version before stays served");
    assert_eq!((verify_site(&shop).0, served(&shop).sequence), (0, 2));
    let admin = |release: u64| {
        let release = fs::read_to_string(shop.data().join(format!("releases/{release}/site-release.json"))).unwrap();
        let scripts = SiteRelease::parse(&release).unwrap().admin.files.into_keys();
        scripts.map(|path| path.as_str().to_owned()).filter(|path| path.starts_with("/admin-")).collect::<Vec<_>>()
    };
    let first_admin = admin(1);
    // And the release before is whole
    let anchor = shop.data().join("anchor.txt");
    assert_eq!(verify(&shop.data().join("releases/1"), &["--anchor", anchor.to_str().unwrap()]).0, 0);
    let old = verify(&shop.data().join("releases/1"), &["--anchor", anchor.to_str().unwrap(), "--at-least", "2"]);
    assert!(old.0 == 2 && old.1.starts_with("rollback"), "{old:?}");
    // Only these two, and what was signed
    build(&shop, "three");
    sign_and_publish(&shop, 3);
    assert!(!shop.data().join("releases/1").exists() && shop.data().join("releases/2").exists());
    assert!(shop.data().join("releases/signed/1.note").exists());
    // A page of the admin site that is still open finds its files; nobody pins older ones
    let (second, third) = (admin(2), admin(3));
    assert!(first_admin.iter().all(|path| second.contains(path)));
    let gone: Vec<_> = first_admin.iter().filter(|path| !third.contains(path)).collect();
    assert!(gone.iter().any(|path| path.ends_with(".js")), "{third:?}");
    assert!(gone.iter().all(|path| !shop.data().join(format!("site/admin{path}")).exists()));
}

#[test]
fn after_going_back_the_next_release_has_a_number_of_its_own() {
    let shop = signed();
    build(&shop, "two");
    sign_and_publish(&shop, 2);
    // As the operations manual says
    symlink("releases/1", shop.data().join("site.next")).unwrap();
    fs::rename(shop.data().join("site.next"), shop.data().join("site")).unwrap();
    assert_eq!((served(&shop).sequence, verify_site(&shop).0), (1, 0));
    build(&shop, "three");
    sign_and_publish(&shop, 3);
    assert_eq!((served(&shop).sequence, verify_site(&shop).0), (3, 0));
}

#[test]
fn copies_that_went_to_different_signers_are_put_together() {
    let shop = Shop::built();
    let (a, b) = (proposal(&shop, 1), shop.path("b"));
    fs::copy(&a, &b).unwrap();
    ok(sign(&shop, &a, 1, &["--yes"]));
    ok(sign(&shop, &b, 2, &["--yes"]));
    ok(publish(&shop, &[&a, &b]));
    assert_eq!(verify_site(&shop).0, 0);
}

#[test]
fn with_the_site_keys_at_hand_it_is_one_step() {
    let shop = Shop::made();
    shop.write_assets("");
    let build = || {
        let mut command = shop.command(&["site", "build", "--site-passphrase-fd", "0"]);
        command.arg("--assets").arg(shop.path("assets"));
        for number in [1, 3] {
            command.arg("--site-key").arg(shop.path(&format!("site-keys/site-key-{number}.key")));
        }
        run(command, &format!("{SITE_KEYS}\n"))
    };
    ok(build());
    assert_eq!((verify_site(&shop).0, served(&shop).sequence), (0, 1));
    ok(build());
    assert_eq!(served(&shop).sequence, 1);
    shop.write_assets("two");
    ok(build());
    assert_eq!((verify_site(&shop).0, served(&shop).sequence), (0, 2));
}

#[test]
fn a_release_is_renewed_on_request() {
    let shop = signed();
    let renew = |number| {
        ok(shop.build(&["--renew"]));
        sign_and_publish(&shop, number);
        served(&shop)
    };
    let (first, second) = (served(&shop), renew(2));
    assert_eq!((second.sequence, &second.fields, &second.admin), (2, &first.fields, &first.admin));
    assert_eq!((verify_site(&shop).0, renew(3).sequence), (0, 3));
    ok(shop.build(&[]));
    assert_eq!(served(&shop).sequence, 3);
    assert!(!proposal(&shop, 4).exists());
}

#[test]
fn nothing_is_published_that_was_not_signed_as_it_is() {
    let shop = signed();
    build(&shop, "two");
    let file = proposal(&shop, 2);
    ok(sign(&shop, &file, 1, &["--yes"]));
    let first = fs::read_to_string(&file).unwrap();
    // Somebody puts another file's hash in after the first signature
    let line = first.lines().find(|line| line.starts_with("document ")).unwrap();
    let document = String::from_utf8(b64_decode(&line["document ".len()..]).unwrap()).unwrap();
    let evil = document.replacen("Nightsafe project", "Nightsafe Project", 1);
    assert_ne!(evil, document);
    fs::write(&file, first.replace(line, &format!("document {}", b64(evil.as_bytes())))).unwrap();
    assert!(fails(sign(&shop, &file, 2, &["--yes"])).contains("not the document in the file"));
    fs::write(&file, &first).unwrap();
    assert!(fails(sign(&shop, &file, 2, &[])).contains("give --yes"));
    ok(sign(&shop, &file, 2, &["--yes"]));

    // A file that changed after it was signed, and one that came
    let staged = shop.data().join("releases/2/fields");
    let name = fs::read_dir(&staged).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let name = name
        .into_iter()
        .find(|name| name.starts_with("frame-") && name.ends_with(".html") && !shop.fields(name).exists());
    let frame = staged.join(name.unwrap());
    let good = fs::read(&frame).unwrap();
    fs::write(&frame, "evil").unwrap();
    assert!(fails(publish(&shop, &[&file])).contains("not those that were signed"));
    fs::write(&frame, good).unwrap();
    fs::write(staged.join("tracker.js"), "evil()").unwrap();
    assert!(fails(publish(&shop, &[&file])).contains("missing_from_manifest"));
    fs::remove_file(staged.join("tracker.js")).unwrap();
    assert_eq!(served(&shop).sequence, 1);
    // Built again meanwhile
    build(&shop, "three");
    assert!(fails(publish(&shop, &[&file])).contains("2 more site keys must sign"));
    let late = shop.path("late");
    fs::write(&late, &first).unwrap();
    ok(sign(&shop, &late, 2, &["--yes"]));
    assert!(fails(publish(&shop, &[&late])).contains("built again in the meantime"));
    // Another key manifest meanwhile
    ok(sign(&shop, &file, 1, &["--yes"]));
    ok(sign(&shop, &file, 2, &["--yes"]));
    ok(shop.sign(&[1, 2], &["--days", "30"]));
    assert!(fails(publish(&shop, &[&file])).contains("another key manifest"));
    let (status, found, _) = verify_site(&shop);
    assert!(status == 2 && found.contains("key-manifest"), "{found}");
    ok(shop.build(&[]));
    sign_and_publish(&shop, 2);
    assert_eq!(verify_site(&shop).0, 0);
}

#[test]
fn what_was_changed_after_it_was_hashed_is_not_signed_as_an_earlier_version() {
    let shop = signed();
    let file = shop.fields(&element(&shop));
    let good = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    fs::write(&file, "evil()").unwrap();
    shop.write_assets("two");
    let before = fingerprint(&shop.data());
    assert!(fails(shop.build(&[])).contains("was changed after it was hashed"));
    assert_eq!(fingerprint(&shop.data()), before);
    fs::remove_file(&file).unwrap();
    assert!(fails(shop.build(&[])).contains("restore it from a copy"));
    // A script that nobody answers for, a page that nobody made, and a link to what is elsewhere
    fs::write(&file, good).unwrap();
    fs::write(shop.fields("tracker.js"), "evil()").unwrap();
    assert!(fails(shop.build(&[])).contains("nobody answers for it"));
    fs::remove_file(shop.fields("tracker.js")).unwrap();
    fs::write(shop.fields("offer.html"), "<p>").unwrap();
    assert!(fails(shop.build(&[])).contains("is no file of the site"));
    fs::remove_file(shop.fields("offer.html")).unwrap();
    symlink(shop.path("recovery.key"), shop.fields("offer.txt")).unwrap();
    assert!(fails(shop.build(&[])).contains("is a link or a folder"));
}
