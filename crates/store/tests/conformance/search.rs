//! Search by each term, in pages.

use std::collections::BTreeSet;

use nightsafe_store::vault::{Filter, VaultStore};

use crate::place::Place;
use crate::rows::{arrival, field, index};

pub(crate) async fn search_by_each_term_in_pages(place: &Place) {
    let store = VaultStore::open(&place.vault()).await.unwrap();
    let mut batch = Vec::new();
    for n in 0..50 {
        let day = format!("2026-11-{:02}", 1 + n % 10);
        let last4 = format!("{:04}", n % 5);
        let brand = if n % 2 == 0 { "visa" } else { "amex" };
        let facets = [
            ("brand", brand),
            ("last4", &last4),
            ("postal_code", "80331"),
            ("country", "DE"),
            ("email", "a@b.example"),
        ];
        batch.push(arrival(index(n, &day, if n == 49 { &[] } else { &facets }), vec![field(n, "card")]));
    }
    store.take_in(&batch).await.unwrap();

    let some = |text: &str| Some(text.to_owned());
    for (filter, expected) in [
        (Filter::default(), 50),
        (Filter { reference: some("ORDER-7"), ..Filter::default() }, 1),
        (Filter { reference: some("ORDER-"), ..Filter::default() }, 0),
        (Filter { last4: some("0003"), ..Filter::default() }, 10),
        (Filter { last4: some("0003"), brand: some("visa"), ..Filter::default() }, 5),
        (Filter { brand: some("amex"), ..Filter::default() }, 24),
        (Filter { postal_code: some("80331"), ..Filter::default() }, 49),
        (Filter { country: some("DE"), day: some("2026-11-02"), ..Filter::default() }, 5),
        (Filter { country: some("DE"), ..Filter::default() }, 49),
        (Filter { day: some("2026-11-10"), ..Filter::default() }, 5),
        (Filter { day: some("2026-12-01"), ..Filter::default() }, 0),
        (Filter { reference: some("ORDER-7"), brand: some("visa"), ..Filter::default() }, 0),
    ] {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = store.search(&filter, after.as_ref(), 7).await.unwrap();
            assert!(page.rows.len() <= 7);
            found.extend(page.rows);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found.len(), expected, "{filter:?}");
        let mut ordered = found.clone();
        ordered.sort_by(|a, b| b.day.cmp(&a.day).then(a.deposit_id.cmp(&b.deposit_id)));
        assert_eq!(found, ordered);
        let ids: BTreeSet<_> = found.iter().map(|row| row.deposit_id).collect();
        assert_eq!(ids.len(), expected, "no row twice");
    }
}
