//! Pages and masks.

use billing_proto::billing::access::v1::{ListApiKeysRequest, RevokeApiKeyRequest};
use chassis::{
    configuration::Secret,
    mask::Mask,
    page::{Page, PageSeal},
};
use proptest::prelude::*;
use prost_types::FieldMask;
use refusal::{Class, Refusal};

use crate::{call, secret};

fn seal() -> PageSeal {
    PageSeal::derived(&secret())
}

fn named(name: &str) -> RevokeApiKeyRequest {
    RevokeApiKeyRequest { name: name.to_owned(), request_id: String::new() }
}

fn page(
    seal: &PageSeal,
    method: &'static str,
    list: &str,
    token: &str,
) -> Result<Page<(String, i64)>, Refusal> {
    Page::of(seal, &call(method), &named(list), 2, token)
}

fn key(item: &i64) -> (String, i64) {
    ("Zoë".to_owned(), *item)
}

#[test]
fn the_next_page_begins_after_the_last_item() {
    let (items, token) = page(&seal(), "/a/B", "x", "").unwrap().cut(vec![1, 2, 3], key).unwrap();
    assert_eq!(items, [1, 2]);
    let next = page(&seal(), "/a/B", "x", &token).unwrap();
    assert_eq!(next.after, Some(("Zoë".to_owned(), 2)));
    assert_eq!(next.cut(vec![3], key).unwrap(), (vec![3], String::new()));
}

#[test]
fn a_token_is_good_for_its_own_list_only() {
    let (_, token) = page(&seal(), "/a/B", "x", "").unwrap().cut(vec![1, 2, 3], key).unwrap();
    let other = PageSeal::derived(&Secret::new("another"));
    let cut = &token[..token.len() - 2];
    for refused in [
        page(&seal(), "/a/C", "x", &token),
        page(&seal(), "/a/B", "y", &token),
        page(&other, "/a/B", "x", &token),
        page(&seal(), "/a/B", "x", cut),
        page(&seal(), "/a/B", "x", "!"),
    ] {
        let refusal = refused.err().unwrap();
        assert_eq!((refusal.class, refusal.reason), (Class::Malformed, "PAGE_TOKEN"));
    }
}

#[test]
fn a_page_has_fifty_items_unless_asked_and_a_thousand_at_most() {
    let fetch = |size| {
        Page::<i64>::of(&seal(), &call("/a/B"), &ListApiKeysRequest::default(), size, "").map(|p| p.fetch())
    };
    assert_eq!((fetch(0), fetch(1), fetch(1000), fetch(i32::MAX)), (Ok(51), Ok(2), Ok(1001), Ok(1001)));
    assert_eq!(fetch(-1).unwrap_err().violations[0].field, "page_size");
}

proptest! {
    #[test]
    fn no_text_is_a_token_by_chance(token in "[A-Za-z0-9_-]{1,80}") {
        prop_assert!(page(&seal(), "/a/B", "x", &token).is_err());
    }
}

#[test]
fn a_mask_names_what_may_be_changed() {
    let of = |paths: &[&str]| {
        let mask = FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() };
        Mask::of(Some(&mask), &["title", "terms"])
    };
    let mask = of(&["terms"]).unwrap();
    assert!(mask.names("terms") && !mask.names("title"));
    let all = of(&["*"]).unwrap();
    assert!(all.names("terms") && all.names("title"));
    assert_eq!(of(&["title", "name", "etag"]).unwrap_err().violations.len(), 2);
    assert!(of(&[]).is_err() && Mask::of(None, &["title"]).is_err());
}
