//! Which fields an update changes (aip.dev/134). A mask is asked for, because an update without one would wipe the
//! fields that its sender does not know.

use prost_types::FieldMask;
use refusal::{Refusal, Violations};

/// The fields that an update names, each of which may be changed.
#[derive(Debug)]
pub struct Mask(Vec<&'static str>);

impl Mask {
    /// The mask of a request; `*` names every field of `changeable`.
    pub fn of(mask: Option<&FieldMask>, changeable: &[&'static str]) -> Result<Self, Refusal> {
        let paths = mask.map_or(&[][..], |mask| &mask.paths);
        if let [all] = paths
            && all == "*"
        {
            return Ok(Self(changeable.to_vec()));
        }
        let mut violations = Violations::new();
        if paths.is_empty() {
            violations.add(
                "update_mask",
                format!("must name the fields to change: {}, or *", changeable.join(", ")),
            );
        }
        let mut named = Vec::new();
        for path in paths {
            match changeable.iter().find(|field| *field == path) {
                Some(field) => named.push(*field),
                None => violations.add(
                    "update_mask",
                    format!("{path:?} cannot be changed; what can is {}", changeable.join(", ")),
                ),
            }
        }
        violations.check()?;
        Ok(Self(named))
    }

    /// Whether the update changes this field.
    pub fn names(&self, field: &str) -> bool {
        self.0.contains(&field)
    }
}
