//! What the contracts say about themselves: the comment before each thing.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, FileDescriptor};

/// The leading comments of all files, by file and path in it (google/protobuf/descriptor.proto, SourceCodeInfo).
pub struct Comments(HashMap<(String, Vec<i32>), String>);

impl Comments {
    /// Those of a pool that was built with them.
    pub fn of(pool: &DescriptorPool) -> Self {
        let mut comments = HashMap::new();
        for file in pool.files() {
            let info = file.file_descriptor_proto().source_code_info.clone();
            for location in info.into_iter().flat_map(|info| info.location) {
                let text: Vec<&str> = location.leading_comments().lines().map(str::trim).collect();
                if !text.is_empty() {
                    comments.insert((file.name().to_owned(), location.path.clone()), text.join("\n"));
                }
            }
        }
        Self(comments)
    }

    /// The comment before what stands at `path` of the file; empty where there is none.
    pub fn at(&self, file: &FileDescriptor, path: &[i32]) -> String {
        self.0.get(&(file.name().to_owned(), path.to_vec())).cloned().unwrap_or_else(String::new)
    }
}
