use super::Airing;
use crate::content_digest::ContentDigest;

/// SHA-256 over the rows of a batch, in their order: says whether a batch that comes again is the same one.
#[derive(Clone)]
pub struct BatchDigest(ContentDigest);

impl BatchDigest {
    /// Begins with the system whose order ids the rows carry.
    pub fn of(order_source_system: &str) -> Self {
        let mut digest = ContentDigest::of("airings/1");
        digest.text(order_source_system);
        Self(digest)
    }

    /// The next row, by what it says: a time written otherwise is the same row.
    pub fn airing(&mut self, airing: &Airing) {
        let digest = &mut self.0;
        digest.text("airing");
        digest.text(&airing.order);
        digest.text(&airing.line);
        digest.text(&airing.spot);
        digest.written(airing.row);
        digest.written(airing.day);
        digest.optional(airing.time);
        digest.written(airing.length_seconds);
        digest.text(&airing.creative);
        digest.optional(airing.rate);
        digest.text(airing.status.name());
        for spots in [&airing.makegood_for, &airing.made_good_by] {
            digest.count(spots.len());
            spots.iter().for_each(|spot| digest.text(spot));
        }
        digest.text(&airing.station);
    }

    /// The next row, which cannot be read, as it came.
    pub fn unreadable(&mut self, content: &str) {
        self.0.text("unreadable");
        self.0.text(content);
    }

    /// The digest of the rows so far.
    pub fn finish(self) -> [u8; 32] {
        self.0.finish()
    }
}
