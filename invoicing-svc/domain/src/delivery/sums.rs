use calendar::Days;
use jiff::civil::Date;
use money::Quantity;
use rust_decimal::Decimal;

use super::Measured;

/// The measures of some days, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// In the order of `Measure::COUNTS`.
    pub counts: [i64; 9],
    /// Days on which anything was delivered.
    pub days: i64,
    pub spend: Decimal,
    pub hours: Decimal,
}

/// What a batch says of one line, added up by cell while its rows come. Only the cells that it names take room.
#[derive(Clone, Debug)]
pub struct LineSums {
    flight: Days,
    cells: Vec<Days>,
    sums: Vec<CellSums>,
    /// Of which days of the flight something was said, and on which of them something was delivered.
    said: DaySet,
    delivered: DaySet,
    days: Option<Days>,
}

/// The sums of one cell.
#[derive(Clone, Copy, Debug)]
pub struct CellSums {
    pub days: Days,
    pub sums: Sums,
    /// The last day of which something was said.
    pub latest: Date,
}

impl LineSums {
    /// Nothing is said of the line yet.
    pub fn new(flight: Days, cells: Vec<Days>) -> Self {
        let (said, delivered) = (DaySet::of(flight), DaySet::of(flight));
        Self { flight, cells, sums: Vec::new(), said, delivered, days: None }
    }

    /// Adds what is said of a day of the flight. Answers whether it is the first that is said of it.
    pub fn add(&mut self, day: Date, measured: &Measured) -> bool {
        let is_first = self.said.insert(self.flight, day);
        let is_delivered = measured.is_delivery() && self.delivered.insert(self.flight, day);
        self.days = Days::new(
            self.days.map_or(day, |days| days.first().min(day)),
            self.days.map_or(day, |days| days.last().max(day)),
        )
        .ok();
        if let Some(cell) = self.cell(day) {
            cell.latest = cell.latest.max(day);
            cell.sums.add(measured, is_delivered);
        }
        is_first
    }

    /// From the first day to the last of which something was said.
    pub fn days(&self) -> Option<Days> {
        self.days
    }

    /// What was said by cell.
    pub fn cells(&self) -> &[CellSums] {
        &self.sums
    }

    /// The cell of a day. A batch comes day by day, so that it is mostly the last one.
    fn cell(&mut self, day: Date) -> Option<&mut CellSums> {
        let known = self.sums.iter().rposition(|cell| cell.days.contains(day));
        if let Some(place) = known {
            return self.sums.get_mut(place);
        }
        let days = self.cells.iter().copied().find(|cell| cell.contains(day))?;
        self.sums.push(CellSums { days, sums: Sums::default(), latest: day });
        self.sums.last_mut()
    }
}

impl Sums {
    /// In range by `COUNT_MAX` and the digits of a quantity that wire lets through.
    fn add(&mut self, measured: &Measured, is_delivered: bool) {
        for (sum, count) in self.counts.iter_mut().zip(measured.counts) {
            if let Some(count) = count {
                *sum += count;
            }
        }
        self.days += i64::from(is_delivered);
        self.spend += measured.spend.map_or(Decimal::ZERO, Quantity::value);
        self.hours += measured.hours.map_or(Decimal::ZERO, Quantity::value);
    }
}

/// Days of a flight, a bit each.
#[derive(Clone, Debug)]
struct DaySet(Box<[u64]>);

impl DaySet {
    fn of(flight: Days) -> Self {
        let words = usize::try_from(flight.count() / 64 + 1).expect("a flight has few days");
        Self(vec![0; words].into())
    }

    /// Answers whether the day, which is one of the flight, was not in it.
    fn insert(&mut self, flight: Days, day: Date) -> bool {
        let after =
            usize::try_from(flight.first().duration_until(day).as_hours() / 24).expect("a day of the flight");
        let (word, bit) = (after / 64, 1_u64 << (after % 64));
        let is_new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        is_new
    }
}
