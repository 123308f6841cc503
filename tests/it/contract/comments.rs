use billing_proto::DESCRIPTOR_POOL;
use prost_types::SourceCodeInfo;

// The field numbers of google.protobuf.FileDescriptorProto, from which the paths of source_code_info are made.
const MESSAGE: i32 = 4;
const ENUM: i32 = 5;
const SERVICE: i32 = 6;

/// Requests and answers say what they are by their method.
#[test]
fn every_noun_is_explained() {
    let mut silent = Vec::new();
    for file in DESCRIPTOR_POOL.files().filter(|file| file.package_name().starts_with("billing.")) {
        let proto = file.file_descriptor_proto();
        let source = proto.source_code_info.as_ref().expect("the build keeps the comments");
        let messages = proto.message_type.iter().map(|message| (MESSAGE, message.name()));
        let enums = proto.enum_type.iter().map(|each| (ENUM, each.name()));
        let services = proto.service.iter().map(|service| (SERVICE, service.name()));
        for kind in [messages.collect::<Vec<_>>(), enums.collect(), services.collect()] {
            for (index, (field, name)) in (0..).zip(kind) {
                let of_a_method = name.ends_with("Request") || name.ends_with("Response");
                if !of_a_method && !is_explained(source, &[field, index]) {
                    silent.push(format!("{}: {name}", file.name()));
                }
            }
        }
    }
    assert!(silent.is_empty(), "without a comment:\n{}", silent.join("\n"));
}

fn is_explained(source: &SourceCodeInfo, path: &[i32]) -> bool {
    let at = source.location.iter().find(|location| location.path == path);
    at.is_some_and(|location| !location.leading_comments().trim().is_empty())
}
