/// How a line is taxed: the duty or tax category codes (UNCL5305) that EN 16931 allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaxCategory {
    /// S: at a rate above 0, the standard one or a reduced one.
    Standard,
    /// Z: taxed at 0 %.
    ZeroRated,
    /// E: exempt, by what is sold or by who buys.
    Exempt,
    /// AE: the buyer owes the tax itself.
    ReverseCharge,
    /// K: supplied to another member state of the European Union.
    IntraCommunity,
    /// G: exported, free of tax.
    Export,
    /// O: not subject to tax. It stands alone on a document (BR-O-11).
    OutsideScope,
}

impl TaxCategory {
    /// Its code in a document (BT-118, BT-151).
    pub fn code(self) -> &'static str {
        match self {
            Self::Standard => "S",
            Self::ZeroRated => "Z",
            Self::Exempt => "E",
            Self::ReverseCharge => "AE",
            Self::IntraCommunity => "K",
            Self::Export => "G",
            Self::OutsideScope => "O",
        }
    }

    /// Whether a document must say why (BT-120; BR-E-10, BR-AE-10, BR-IC-10, BR-G-10, BR-O-10).
    pub fn says_why(self) -> bool {
        match self {
            Self::Standard | Self::ZeroRated => false,
            Self::Exempt | Self::ReverseCharge | Self::IntraCommunity | Self::Export | Self::OutsideScope => {
                true
            }
        }
    }
}
