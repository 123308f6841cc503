use money::{Money, Quantity, Rate};

/// A step of usage with its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tier {
    /// The last unit of the tier; `None`: without an end.
    pub up_to: Option<Quantity>,
    /// Price per unit of the price base; percent for GRADUATED_PERCENT.
    pub rate: Rate,
    /// Billed once when the tier is reached; the fee of TIERED_FLAT.
    pub flat: Option<Money>,
}

/// Tiers that follow each other without a hole: each ends above the one before it, and only the last has no end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tiers(Vec<Tier>);

refusal::refusals! {
    /// Why tiers are none.
    pub enum TierRefusal {
        /// Nothing to fall into.
        Malformed "TIERS_MISSING" Missing => "there is no tier; give at least one, the last without `up_to`",
        /// Usage beyond the last tier would have no price.
        Malformed "TIERS_HAVE_A_HOLE" Hole { up_to: Quantity } =>
            "no tier prices what is above {up_to}; leave `up_to` of the last tier empty",
        /// Usage would have two prices.
        Malformed "TIERS_OVERLAP" Overlap { tier: usize } =>
            "tier {tier} ends where an earlier one does or before; each `up_to` must be above the one before it",
    }
}

impl Tiers {
    /// The tiers, if every usage falls into exactly one.
    pub fn of(tiers: Vec<Tier>) -> Result<Self, TierRefusal> {
        let Some(last) = tiers.last() else { return Err(TierRefusal::Missing) };
        if let Some(up_to) = last.up_to {
            return Err(TierRefusal::Hole { up_to });
        }
        // An end before the last leaves the tiers after it nothing.
        let ends = |tier: &Tier| tier.up_to.map(Quantity::value);
        let overlap = tiers.windows(2).position(|pair| match (ends(&pair[0]), ends(&pair[1])) {
            (None, _) => true,
            (Some(before), Some(after)) => after <= before,
            (Some(_), None) => false,
        });
        match overlap {
            Some(before) => Err(TierRefusal::Overlap { tier: before + 2 }),
            None => Ok(Self(tiers)),
        }
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = Tier> + '_ {
        self.0.iter().copied()
    }
}
