use proptest::prelude::*;

use super::*;

fn read(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let template: Template = template.parse().unwrap();
    let captured = template.captures(path)?.unwrap();
    Some(captured.into_iter().map(|captured| (captured.field, captured.text)).collect())
}

fn one(field: &str, text: &str) -> Option<Vec<(String, String)>> {
    Some(vec![(field.to_owned(), text.to_owned())])
}

#[test]
fn paths_match_and_fields_are_read() {
    for (template, path, expected) in [
        ("/v1/accounts", "/v1/accounts", Some(vec![])),
        ("/v1/accounts", "/v1/accounts/", None),
        ("/v1/accounts", "/v1/Accounts", None),
        ("/v1/orders:sync", "/v1/orders:sync", Some(vec![])),
        ("/v1/orders:sync", "/v1/orders", None),
        ("/v1/orders", "/v1/orders:sync", None),
        ("/v1/{name=accounts/*}", "/v1/accounts/acc_1", one("name", "accounts/acc_1")),
        ("/v1/{name=accounts/*}", "/v1/accounts/acc_1:close", None),
        ("/v1/{name=accounts/*}", "/v1/accounts/", None),
        ("/v1/{name=accounts/*/orders/*}:x", "/v1/accounts/-/orders/o:x", one("name", "accounts/-/orders/o")),
        ("/v1/{account.name=accounts/*}", "/v1/accounts/a", one("account.name", "accounts/a")),
        ("/v1/{name}", "/v1/a%2Fb", one("name", "a/b")),
        ("/v1/{name=accounts/*}", "/v1/accounts/a%2Fb", one("name", "accounts/a%2Fb")),
        ("/v1/{name=accounts/*}", "/v1/accounts/a%3Ab", one("name", "accounts/a:b")),
        ("/v1/{name=files/**}", "/v1/files/a/b/c", one("name", "files/a/b/c")),
        ("/v1/{name=files/**}", "/v1/files", None),
        ("/v1/{parent=a/*}/b", "/v1/a/1/b", one("parent", "a/1")),
    ] {
        assert_eq!(read(template, path), expected, "{template} on {path}");
    }
}

#[test]
fn what_is_no_text_is_refused_with_its_place() {
    let template: Template = "/v1/{name=accounts/*}".parse().unwrap();
    for (path, problem) in
        [("/v1/accounts/%FF", "is not UTF-8"), ("/v1/accounts/a%00", "holds a NUL character")]
    {
        let violation = template.captures(path).unwrap().unwrap_err();
        assert_eq!(violation.field, "name");
        assert!(violation.description.contains(problem), "{}", violation.description);
    }
}

#[test]
fn what_is_no_template_is_refused() {
    for text in [
        "",
        "v1",
        "/",
        "/v1/",
        "/v1/{name",
        "/v1/{}",
        "/v1/{a..b}",
        "/v1/**/a",
        "/v1/{a}b",
        "/v1/{a=}",
        "/v1:",
    ] {
        assert!(text.parse::<Template>().is_err(), "{text}");
    }
}

#[test]
fn what_says_more_goes_first() {
    let mut templates = ["/v1/{name=a/**}", "/v1/{name=a/*}", "/v1/a/b", "/v1/{name=a/*}:x"]
        .map(|text| (text.parse::<Template>().unwrap(), text));
    templates.sort_by_key(|(template, _)| template.precedence());
    assert_eq!(
        templates.map(|(_, text)| text),
        ["/v1/a/b", "/v1/{name=a/*}:x", "/v1/{name=a/*}", "/v1/{name=a/**}"]
    );
}

proptest! {
    #[test]
    fn no_text_and_no_path_brings_it_down(text in "[/{}=*:.a-z%]{0,24}", path in "[/:.a-z%0-9]{0,24}|\\PC*") {
        if let Ok(template) = text.parse::<Template>() {
            let _ = template.captures(&path);
        }
    }

    #[test]
    fn any_id_comes_back_as_it_was(id in "[^\0]{1,20}") {
        let template: Template = "/v1/{id}:get".parse().unwrap();
        let encoded = percent_encoding::utf8_percent_encode(&id, percent_encoding::NON_ALPHANUMERIC);
        let captured = template.captures(&format!("/v1/{encoded}:get")).unwrap().unwrap();
        prop_assert_eq!(&captured[0].text, &id);
    }
}
