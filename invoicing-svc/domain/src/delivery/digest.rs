use calendar::Days;

use super::{Airing, DailyFact};
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

    /// Begins with the system whose order ids the rows of a daily batch carry, and what it says everything about.
    pub fn of_daily(order_source_system: &str, replaced: Option<Days>, lines: &[(String, String)]) -> Self {
        let mut digest = ContentDigest::of("daily/1");
        digest.text(order_source_system);
        digest.optional(replaced);
        digest.count(lines.len());
        for (order, line) in lines {
            digest.text(order);
            digest.text(line);
        }
        Self(digest)
    }

    /// The next fact. In one piece: a batch has millions of them.
    pub fn fact(&mut self, fact: &DailyFact, piece: &mut Vec<u8>) {
        piece.clear();
        for text in [&fact.order, &fact.line] {
            piece.extend_from_slice(text.as_bytes());
            piece.push(0);
        }
        piece.extend_from_slice(&fact.day.year().to_be_bytes());
        piece.extend_from_slice(&fact.day.month().to_be_bytes());
        piece.extend_from_slice(&fact.day.day().to_be_bytes());
        for count in fact.measured.counts {
            piece.push(u8::from(count.is_some()));
            piece.extend(count.map(i64::to_be_bytes).into_iter().flatten());
        }
        for amount in [fact.measured.spend, fact.measured.hours] {
            piece.push(u8::from(amount.is_some()));
            // A quantity has one way of being written.
            piece.extend(amount.map(|amount| amount.value().serialize()).into_iter().flatten());
        }
        self.0.text(piece);
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
