//! Files that an adjustment rests on, kept by what is in them.

use sha2::{Digest as _, Sha256};

use crate::{act::Act, subject::Digest};

/// How large a file may be, in bytes.
pub const EVIDENCE_MAX_BYTES: usize = 10 * 1024 * 1024;

/// The media types that people can open and that carry no program.
const MEDIA_TYPES: [&str; 7] = [
    "application/pdf",
    "image/png",
    "image/jpeg",
    "text/csv",
    "text/plain",
    "message/rfc822",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
];

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub file_name: String,
    pub media_type: String,
    pub sha256: Digest,
    pub size_bytes: usize,
    pub added: Act,
}

refusal::refusals! {
    /// Why a file is not taken as evidence.
    pub enum EvidenceRefusal {
        /// A file of nothing proves nothing.
        Malformed "EVIDENCE_EMPTY" Empty { file: String } => "{file} is empty; send the file itself",
        /// Larger than anybody reads.
        Malformed "EVIDENCE_TOO_LARGE" TooLarge { file: String, bytes: usize, most: usize } =>
            "{file} has {bytes} bytes; at most {most} are taken, send the pages that matter",
        /// Not a document.
        Malformed "EVIDENCE_TYPE" Type { file: String, media_type: String } =>
            "{file} is {media_type}; PDF, PNG, JPEG, CSV, plain text, e-mail and spreadsheets are taken",
        /// What arrived is not what was sent.
        Malformed "EVIDENCE_DIGEST" WrongDigest { file: String, arrived: String } =>
            "{file} arrived with the SHA-256 {arrived}, which is not what was announced; send it again",
    }
}

/// Takes a file in, if its content is what was announced.
///
/// Order of refusal: EVIDENCE_EMPTY, EVIDENCE_TOO_LARGE, EVIDENCE_TYPE, EVIDENCE_DIGEST.
pub fn take(
    (file_name, media_type): (String, String),
    announced: &Digest,
    content: &[u8],
    added: Act,
) -> Result<Evidence, EvidenceRefusal> {
    if content.is_empty() {
        return Err(EvidenceRefusal::Empty { file: file_name });
    }
    if content.len() > EVIDENCE_MAX_BYTES {
        let (bytes, most) = (content.len(), EVIDENCE_MAX_BYTES);
        return Err(EvidenceRefusal::TooLarge { file: file_name, bytes, most });
    }
    if !MEDIA_TYPES.contains(&media_type.as_str()) {
        return Err(EvidenceRefusal::Type { file: file_name, media_type });
    }
    let sha256: Digest = Sha256::digest(content).into();
    if sha256 != *announced {
        return Err(EvidenceRefusal::WrongDigest {
            file: file_name,
            arrived: crate::subject::hexadecimal(&sha256),
        });
    }
    Ok(Evidence { file_name, media_type, sha256, size_bytes: content.len(), added })
}
