use calendar::EntityZone;
use ids::Revision;

use super::Duplicates;

/// Who sends daily facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliverySource {
    pub name: String,
    pub revision: Revision,
    /// The days of its facts are days there.
    pub time_zone: EntityZone,
    pub duplicates: Duplicates,
}

refusal::refusals! {
    /// Why the settings of a source are not changed.
    pub enum DeliverySourceRefusal {
        /// What it counted would be of other days.
        StateForbids "TIME_ZONE_IN_USE" TimeZoneInUse { source: String, time_zone: String } =>
            "{source} has sent facts whose days are days in {time_zone}; send what is counted in another zone under another source",
    }
}

/// Checks that a source may become what `next` says.
pub fn update_source(
    current: &DeliverySource,
    next: &DeliverySource,
    has_facts: bool,
) -> Result<(), DeliverySourceRefusal> {
    if has_facts && current.time_zone != next.time_zone {
        let (source, time_zone) = (current.name.clone(), current.time_zone.to_string());
        return Err(DeliverySourceRefusal::TimeZoneInUse { source, time_zone });
    }
    Ok(())
}
