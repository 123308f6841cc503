//! DeliverySource ↔ domain.

use billing_proto::billing::invoicing::v1 as pb;
use calendar::EntityZone;
use chassis::mask::Mask;
use ids::Revision;
use invoicing_domain::delivery::{DeliverySource, Duplicates};
use refusal::{Refusal, Violations};

use super::{
    choice::{choice, given},
    order::source_system,
};

/// What an update may change.
pub const CHANGEABLE: &[&str] = &["time_zone", "duplicates"];

const COLLECTION: &str = "deliverySources/";

/// The source in a name `deliverySources/<source>`.
pub fn source(v: &mut Violations, field: &str, name: &str) -> Option<String> {
    let source = name.strip_prefix(COLLECTION).ok_or("must be a resource name deliverySources/<source>");
    let source = v.take(field, source)?;
    source_system(v, field, source)
}

/// The source as an update leaves it.
pub fn parse(revision: Revision, name: &str, m: &pb::DeliverySource) -> Result<DeliverySource, Refusal> {
    let mut v = Violations::new();
    let parsed = v.within("delivery_source", |v| {
        let time_zone = v.take("time_zone", m.time_zone.parse::<EntityZone>());
        let duplicates = match choice(v, "duplicates", m.duplicates)? {
            pb::DuplicateFacts::Unspecified => None,
            pb::DuplicateFacts::Refuse => Some(Duplicates::Refuse),
            pb::DuplicateFacts::Sum => Some(Duplicates::Sum),
        };
        let duplicates = given(v, "duplicates", duplicates);
        let name = name.to_owned();
        Some(DeliverySource { name, revision, time_zone: time_zone?, duplicates: duplicates? })
    });
    parsed.ok_or_else(|| v.refusal())
}

/// The source as a message.
pub fn message(source: &DeliverySource) -> pb::DeliverySource {
    pb::DeliverySource {
        name: format!("{COLLECTION}{}", source.name),
        etag: source.revision.to_string(),
        time_zone: source.time_zone.to_string(),
        duplicates: match source.duplicates {
            Duplicates::Refuse => pb::DuplicateFacts::Refuse,
            Duplicates::Sum => pb::DuplicateFacts::Sum,
        }
        .into(),
    }
}

/// The current source with the fields that the mask names taken from `update`.
pub fn merge(current: &DeliverySource, update: &pb::DeliverySource, mask: &Mask) -> pb::DeliverySource {
    let mut merged = message(current);
    let update = update.clone();
    macro_rules! take {
        ($($field:ident),*) => { $( if mask.names(stringify!($field)) { merged.$field = update.$field; } )* };
    }
    take!(time_zone, duplicates);
    merged
}
