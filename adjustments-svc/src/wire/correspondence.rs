//! Correspondence → message.

use adjustments_domain::correspondence::Message;
use billing_proto::billing::adjustments::v1 as pb;

use super::time;

/// How long a message may be, in characters.
pub const MESSAGE_MAX: usize = 4_000;

/// What somebody wrote about the resource of this name.
pub fn message(about: &str, message: &Message) -> pb::Correspondence {
    pb::Correspondence {
        name: format!("{about}/messages/{}", message.ordinal),
        from_customer: message.is_from_customer,
        text: message.words.clone(),
        written_by: message.written.by.clone(),
        write_time: Some(time::message(message.written.at)),
    }
}
