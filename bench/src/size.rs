//! How much there is of everything.

/// Orders of an account.
pub const ORDERS: usize = 5;
/// Lines of an order.
pub const LINES: usize = 4;
/// Days on which a line delivers.
pub const DAYS: usize = 25;
/// Lines of an account, and its rows.
pub const LINES_OF_ACCOUNT: usize = ORDERS * LINES;
pub const ROWS_OF_ACCOUNT: usize = LINES_OF_ACCOUNT * DAYS;

/// How much is measured. Everything grows with the number of accounts.
#[derive(Clone, Debug)]
pub struct Size {
    /// Accounts whose delivery is imported in (a).
    pub imported: usize,
    /// Accounts rated in each step of (f), the smallest first; `billed` is among them.
    pub rated: Vec<usize>,
    /// Accounts rated in (b), and issued in (c).
    pub billed: usize,
    /// Accounts that change in (d).
    pub changed: usize,
    /// Calls with one in flight, and with 64, in (e).
    pub calls: (usize, usize),
}

impl Size {
    /// The whole: 1 million rows imported; 1, 2, 5 and 10 million rated; 50,000 documents. Or one part in so many.
    pub fn one_in(part: u32) -> Self {
        let part = usize::try_from(part).map_or(usize::MAX, |part| part.max(1));
        let of = |accounts: usize| (accounts / part).max(1);
        Self {
            imported: of(2_000),
            rated: [2_000, 4_000, 10_000, 20_000].into_iter().map(of).collect(),
            billed: of(10_000),
            changed: of(100),
            calls: ((2_000 / part).max(20), (20_000 / part).max(128)),
        }
    }

    /// All accounts that there are.
    pub fn accounts(&self) -> usize {
        self.rated.iter().copied().max().map_or(self.billed, |most| most.max(self.billed))
    }
}
