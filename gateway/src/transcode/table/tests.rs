use billing_proto::DESCRIPTOR_POOL;

use super::*;

/// What the contracts do not use yet.
const OTHER: &str = r#"
    syntax = "proto3";
    package other;
    import "google/api/annotations.proto";
    message Request { string name = 1; string word = 2; }
    message Answer { int64 count = 1; Request request = 2; }
    service Service {
      rpc Call(Request) returns (Answer) {
        option (google.api.http) = {
          get: "/v1/{name=things/*}" response_body: "count"
          additional_bindings { custom: { kind: "REPORT" path: "/v1/{name=things/*}" } response_body: "request" }
          additional_bindings { put: "/v1/things:all" body: "*" }
        };
      }
    }"#;

fn pool(text: &str) -> DescriptorPool {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("other.proto"), text).unwrap();
    let contracts = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto");
    let mut compiler = protox::Compiler::new([folder.path(), contracts.as_ref()]).unwrap();
    compiler.include_imports(true).open_file("other.proto").unwrap();
    DescriptorPool::decode(compiler.encode_file_descriptor_set().as_slice()).unwrap()
}

#[test]
fn every_method_of_the_contracts_has_a_path_of_its_own() {
    let table = Table::compile(&DESCRIPTOR_POOL).unwrap();
    let methods = DESCRIPTOR_POOL.services().flat_map(|service| service.methods().collect::<Vec<_>>());
    for method in methods {
        assert!(table.bindings.iter().any(|binding| binding.method == method), "{}", method.full_name());
    }
    let mut seen: Vec<String> =
        table.bindings.iter().map(|binding| format!("{} {:?}", binding.verb, binding.template)).collect();
    seen.sort();
    let all = seen.len();
    seen.dedup();
    assert_eq!(seen.len(), all);
}

#[test]
fn a_method_may_have_several_paths_and_answer_one_field() {
    let table = Table::compile(&pool(OTHER)).unwrap();
    let answered = |verb: &str, path| match table.find(&verb.parse().unwrap(), path) {
        Found::Binding(binding, _) => binding.response_body.as_ref().map(|field| field.name().to_owned()),
        other => panic!("{other:?}"),
    };
    assert_eq!(answered("GET", "/v1/things/1").as_deref(), Some("count"));
    assert_eq!(answered("REPORT", "/v1/things/1").as_deref(), Some("request"));
    assert_eq!(answered("PUT", "/v1/things:all"), None);
    let Found::OtherVerbs(verbs) = table.find(&Method::DELETE, "/v1/things/1") else { panic!() };
    assert_eq!(verbs, [Method::GET, Method::from_bytes(b"REPORT").unwrap()]);

    let Found::Binding(binding, _) = table.find(&Method::GET, "/v1/things/1") else { panic!() };
    let mut answer = DynamicMessage::new(binding.method.output());
    answer.set_field_by_name("count", Value::I64(7));
    assert_eq!(crate::transcode::response::document(&binding, &answer).unwrap(), b"\"7\"");
}

#[test]
fn a_rule_that_contradicts_its_messages_is_refused() {
    for (from, to) in [
        ("response_body: \"count\"", "response_body: \"sum\""),
        ("body: \"*\"", "body: \"word\""),
        ("{name=things/*}", "{title=things/*}"),
        ("{name=things/*}", "{name=things/*"),
    ] {
        assert!(Table::compile(&pool(&OTHER.replace(from, to))).is_err(), "{to}");
    }
}
