#![doc = include_str!("../README.md")]
#![allow(clippy::all, missing_docs)]

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

include!(concat!(env!("OUT_DIR"), "/contracts.rs"));
// What others serve and the suite asks.
include!(concat!(env!("OUT_DIR"), "/outside.rs"));

/// `google.type` under a name that generated code can write.
mod google_type {
    pub use crate::google::r#type::Date;
}

/// Every contract with its options and comments, as a serialised `google.protobuf.FileDescriptorSet`.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/contracts.bin"));

/// The contracts by name. The set is made by this crate's build, so it always decodes.
pub static DESCRIPTOR_POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("the build wrote the descriptor set")
});
