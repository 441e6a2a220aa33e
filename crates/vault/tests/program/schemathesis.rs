//! Schemathesis tries whatever the OpenAPI document says, and what it does not: as a stranger, then as an admin.
//! `cargo xtask test` installs the tool and says where it is.

use std::fs;
use std::process::Command;

use nightsafe_core::encoding::{b64u, b64u_decode};
use nightsafe_core::scalar::Site;
use nightsafe_core::session::TabHalf;
use nightsafe_login::ClientLogin;
use serde_json::json;

use crate::{PASSPHRASE, Place, Running, STRETCH};

/// Path of the program `schemathesis`.
const TOOL: &str = "NIGHTSAFE_SCHEMATHESIS";

#[test]
fn no_answer_is_undocumented_and_none_is_a_fault() {
    let Some(tool) = std::env::var_os(TOOL) else {
        println!("LEFT OUT: {TOOL} does not say where schemathesis is; cargo xtask test installs it");
        return;
    };
    let place = Place::new();
    place.make_admin();
    // One client asks all of it, and what is refused for its number says nothing of the API
    let rates =
        "[limits]\nclient = { per_second = 100000, burst = 100000 }\nall = { per_second = 100000, burst = 100000 }\n";
    let configuration = place.configuration(&place.direct()) + rates;
    let running = Running::start(place.program(&configuration));
    let (vault, running) = (running.vault.clone(), running.watched());
    let examples = if std::env::var_os("NIGHTSAFE_LONG").is_some() { "150" } else { "25" };
    let run = |more: &[&str]| {
        let mut command = Command::new(&tool);
        command.current_dir(place.folder.path()).args(more);
        // As a page of the admin site
        command.args(["--header", "Origin: http://localhost:4804"]);
        // Nothing generated is a message of OPAQUE or the id of a deposit
        command.args(["--checks", "all", "--exclude-checks", "positive_data_acceptance", "--seed", "1"]);
        command.args(["--max-examples", examples, "--no-color"]);
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
        println!("{}", text.split("SUMMARY").last().unwrap_or_default());
    };
    run(&["run", &format!("http://{vault}/v1/openapi.json")]);

    let headers = sign_in(&vault);
    let [_, tab, cookie] = headers.each_ref().map(|header| header.split_once(": ").unwrap().1);
    let (name, token) = cookie.split_once('=').unwrap();
    // The document names the cookies of all sessions; the tool tries each way to leave out or to spoil that of this one
    let answer = Running::get(&vault, "/v1/openapi.json");
    let document = answer.split_once("\r\n\r\n").unwrap().1;
    assert!(document.contains("\"__Host-nightsafe-*\""));
    fs::write(place.path("own.json"), document.replace("__Host-nightsafe-*", name)).unwrap();
    let keys = format!("[auth.openapi]\ncookie = {{ api_key = \"{token}\" }}\ntab = {{ api_key = \"{tab}\" }}\n");
    fs::write(place.path("own.toml"), keys).unwrap();
    let url = format!("http://{vault}");
    let given = ["--config-file", "own.toml", "run", "own.json", "--url", &url];
    // These make a stranger of the admin, so they come last: the tool ends sessions by the ids that it was shown
    let ending = ["/v1/logout", "/v1/sessions/end"];
    run(&[given.as_slice(), &ending.map(|path| ["--exclude-path", path]).concat()].concat());
    let custody = Running::ask(&vault, &format!("GET /v1/custody HTTP/1.1\r\n{}\r\n", headers.join("\r\n")), "");
    assert!(custody.starts_with("HTTP/1.1 200"), "the session ended under way: {custody}");
    run(&[given.as_slice(), &ending.map(|path| ["--include-path", path]).concat()].concat());
    let log = running.stop();
    let answered = log.lines().filter(|line| line.contains("\"message\":\"answered\"")).count();
    assert!(answered > 200, "{answered} requests");
    let found = log
        .lines()
        .filter(|line| line.contains("\"route\":\"/v1/deposits/search\"") && line.contains("\"status\":200"));
    assert!(found.count() > 0, "no search was answered: the session was not used");
    let faults: Vec<_> = log.lines().filter(|line| line.contains("\"status\":5") || line.contains("ERROR")).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Both requests of a sign-in, over HTTP; returns the headers of all further ones.
fn sign_in(vault: &str) -> [String; 3] {
    let tab = TabHalf::parse(&"A".repeat(43)).unwrap().proof(&Site::parse("demo.nightsafe.example").unwrap());
    let own = ["Origin: http://localhost:4804".to_owned(), format!("Nightsafe-Tab: {}", *tab.to_text())];
    let post = |path: &str, body: String| -> (String, serde_json::Value) {
        let head = format!(
            "POST {path} HTTP/1.1\r\nContent-Type: application/json\r\n{}\r\nContent-Length: {}\r\n",
            own.join("\r\n"),
            body.len()
        );
        let answer = Running::ask(vault, &head, &body);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), serde_json::from_str(body).unwrap())
    };
    let (client, message) = ClientLogin::start(PASSPHRASE).unwrap();
    let (_, started) = post("/v1/login/start", json!({"user": "anna", "message": b64u(&message)}).to_string());
    let reply = b64u_decode(started["message"].as_str().unwrap()).unwrap();
    let done = client.finish(&reply, &STRETCH).unwrap();
    let finish = json!({"login": started["login"], "message": b64u(&done.message)});
    let (head, _) = post("/v1/login/finish", finish.to_string());
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let [origin, tab] = own;
    [origin, tab, format!("Cookie: {}", cookie.split_once(';').unwrap().0)]
}
