//! Compiles every contract without a protoc on the machine: those that the suite serves, under `billing/` and `google/`, and
//! those that others serve and the suite asks, under `outside/`. The latter have no REST form and no roles here.
use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let served = compiler(&root, &["billing", "google"])?;
    // Encoded by the compiler itself: through prost-types the http options would be dropped.
    fs::write(
        PathBuf::from(env::var("OUT_DIR")?).join("contracts.bin"),
        served.encode_file_descriptor_set(),
    )?;
    tonic_prost_build::configure()
        .bytes(".google.api.HttpBody")
        .bytes(".billing.invoicing.v1.ImportAiringsRequest")
        .include_file("contracts.rs")
        .compile_fds(served.file_descriptor_set())?;
    tonic_prost_build::configure()
        .extern_path(".google.type", "crate::google_type")
        .include_file("outside.rs")
        .compile_fds(compiler(&root, &["outside"])?.file_descriptor_set())?;
    Ok(())
}

/// The contracts of these folders, with what they import.
fn compiler(root: &Path, folders: &[&str]) -> Result<protox::Compiler, Box<dyn Error>> {
    let mut files = Vec::new();
    for folder in folders {
        println!("cargo:rerun-if-changed={folder}");
        find(&root.join(folder), root, &mut files)?;
    }
    files.sort();
    let mut compiler = protox::Compiler::new([root])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    Ok(compiler)
}

fn find(folder: &Path, root: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, root, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path.strip_prefix(root)?.to_path_buf());
        }
    }
    Ok(())
}
