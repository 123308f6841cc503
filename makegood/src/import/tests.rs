mod insertion_orders;

use std::{fs, path::PathBuf};

use billing_proto::billing::invoicing::v1 as pb;
use rust_decimal::Decimal;
use tempfile::TempDir;

use super::{
    airings,
    causes::Causes,
    delivery::Form,
    landing::Landed,
    layout::Layout,
    read,
    reference::account_code,
    source::Source,
    table::{self, decimal},
};

const ORDERS: &str = "order_no,advertiser,billing_calendar,flight_first,flight_last,currency,agency_commission_percent,payment_terms_days\n";
const LINES: &str = "order_no,line,station,first_date,last_date,length_s,spots_listed,unit_rate\n";
const CONTRACTS: &str = "contract,contract_no,revision,advertiser,billing_cycle,billing_calendar,flight_first,flight_last,spots,gross,commission,net,weeks_complete\n";
const CONTRACT_LINES: &str = "contract,line,station,line_first,line_last,length_s,program,spots,amount\n";
const WEEKS: &str =
    "contract,line,station,line_first,line_last,length_s,week_first,week_last,days_pattern,spots,unit_rate\n";
const AIRINGS: &str = "invoice_no,order_no,line,row,station,date,time,length_s,ad_id,spot_rate,status,not_aired_reason,makegood_for,made_good_by\n";

const ORDER: &str = "1001,\"Doe, Jane\",Broadcast,2020-01-01,2020-01-31,USD,15,30\n";
const LINE: &str = "1001,1,KCTV,2020-01-01,2020-01-31,30,3,275.00\n";

/// Files in a folder that is gone when this is.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Source {
        let path: PathBuf = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        Source::file(&path)
    }
}

/// What importing the files says when it refuses them, without the folder's path.
fn refusal(files: &[(&str, &str)]) -> String {
    let folder = Files::new();
    let sources: Vec<Source> = files.iter().map(|(name, content)| folder.write(name, content)).collect();
    let error = read(sources.into_iter()).expect_err("these files are refused");
    format!("{error:#}").replace(&format!("{}/", folder.0.path().display()), "")
}

fn days(first: (i32, i32, i32), last: (i32, i32, i32)) -> Option<pb::Days> {
    let date = |(year, month, day)| Some(billing_proto::google::r#type::Date { year, month, day });
    Some(pb::Days { first: date(first), last: date(last) })
}

#[test]
fn an_order_and_its_line_become_what_the_contract_says() {
    let folder = Files::new();
    let orders = folder.write("o.csv", format!("{ORDERS}{ORDER}"));
    let lines = folder.write("l.csv", format!("{LINES}{LINE}"));
    let read = read([lines, orders].into_iter()).unwrap();
    let line = pb::OrderLine {
        number: "1".to_owned(),
        flight: days((2020, 1, 1), (2020, 1, 31)),
        rate: "275.00".to_owned(),
        booked_units: "3".to_owned(),
        amount: "825".to_owned(),
        station: "KCTV".to_owned(),
        spot_length_seconds: 30,
        ..pb::OrderLine::default()
    };
    let order = pb::Order {
        external_id: Some(pb::ExternalId { source_system: String::new(), id: "1001".to_owned() }),
        revision: 1,
        advertiser: "Doe, Jane".to_owned(),
        currency_code: "USD".to_owned(),
        commission_percent: "15".to_owned(),
        payment_terms_days: Some(30),
        flight: days((2020, 1, 1), (2020, 1, 31)),
        liability: pb::Liability::Advertiser.into(),
        billing_calendar: pb::BillingCalendar::BroadcastMonth.into(),
        billing_cycle: pb::BillingCycle::EndOfMonth.into(),
        lines: vec![line],
        ..pb::Order::default()
    };
    assert_eq!(read, vec![("traffic", vec![order])]);
}

#[test]
fn a_line_of_fractions_of_a_cent_leaves_the_rounding_to_the_service() {
    let folder = Files::new();
    let orders = folder.write("o.csv", format!("{ORDERS}{ORDER}"));
    let lines = folder.write("l.csv", format!("{LINES}1001,1,KCTV,2020-01-01,2020-01-31,30,3,0.333\n"));
    let read = read([orders, lines].into_iter()).unwrap();
    let line = &read[0].1[0].lines[0];
    assert_eq!((line.rate.as_str(), line.amount.as_str()), ("0.333", ""));
}

#[test]
fn a_contract_gets_its_percent_and_only_complete_weeks() {
    let contract = |id: &str, cycle: &str, money: &str, complete: &str| {
        format!("{id},9,,Doe,{cycle},Calendar,2020-01-01,2020-01-31,3,{money},{complete}\n")
    };
    let line = |id: &str| format!("{id},1,KCTV,2020-01-01,2020-01-31,,News,3,825.00\n");
    let week =
        |id: &str| format!("{id},1,KCTV,2020-01-01,2020-01-31,30,2020-01-06,2020-01-12,MTWTF--,3,275.00\n");
    let folder = Files::new();
    let heads = [
        contract("a", "EOM/EOC", "825.00,-123.75,701.25", "yes"),
        contract("b", "WEEKLY", "100.01,-15.00,85.01", "no"),
        contract("c", "EOM", "0.00,0.00,0.00", "no"),
    ];
    let files = [
        folder.write("c.csv", format!("{CONTRACTS}{}", heads.concat())),
        folder.write("l.csv", format!("{CONTRACT_LINES}{}{}{}", line("a"), line("b"), line("c"))),
        folder.write("w.csv", format!("{WEEKS}{}{}", week("a"), week("b"))),
    ];
    let read = read(files.into_iter()).unwrap();
    let (system, contracts) = &read[0];
    assert_eq!(*system, "contracts");
    let said: Vec<_> = contracts
        .iter()
        .map(|order| (order.commission_percent.as_str(), order.billing_cycle(), order.lines[0].plan.len()))
        .collect();
    assert_eq!(
        said,
        vec![
            ("15", pb::BillingCycle::EndOfMonthOrContract, 1),
            ("15", pb::BillingCycle::Weekly, 0),
            ("0", pb::BillingCycle::EndOfMonth, 0)
        ]
    );
    let plan = &contracts[0].lines[0].plan[0];
    assert_eq!(plan.days, days((2020, 1, 6), (2020, 1, 12)));
    assert_eq!((plan.weekdays.as_str(), plan.units.as_str(), plan.rate.as_str()), ("MTWTF--", "3", "275.00"));
    let line = &contracts[0].lines[0];
    assert_eq!((line.amount.as_str(), line.booked_units.as_str(), line.rate.as_str()), ("825.00", "3", ""));
}

#[test]
fn what_is_wrong_is_said_with_file_line_and_column() {
    let order =
        |cells: &str| vec![("o.csv", format!("{ORDERS}{cells}\n")), ("l.csv", format!("{LINES}{LINE}"))];
    let line =
        |cells: &str| vec![("o.csv", format!("{ORDERS}{ORDER}")), ("l.csv", format!("{LINES}{cells}\n"))];
    let nine = "9".repeat(29);
    let cases = [
        (
            order("1001,Doe,Broadcast,2020-13-01,2020-01-31,USD,15,30"),
            "o.csv line 2: column `flight_first`: `2020-13-01` is not a day such as 2020-01-31",
        ),
        (
            order("1001,Doe,Broadcast,2020-01-31,2020-01-01,USD,15,30"),
            "o.csv line 2: column `flight_last`: 2020-01-01 is before flight_first, 2020-01-31",
        ),
        (
            order("1001,Doe,Lunar,2020-01-01,2020-01-31,USD,15,30"),
            "o.csv line 2: column `billing_calendar`: `Lunar` is none of Broadcast, Calendar",
        ),
        (
            order("1001,,Broadcast,2020-01-01,2020-01-31,USD,15,30"),
            "o.csv line 2: column `advertiser`: must not be empty",
        ),
        (
            order("1001,Doe,Broadcast,2020-01-01,2020-01-31,USD,-1,30"),
            "o.csv line 2: column `agency_commission_percent`: -1 is negative",
        ),
        (
            order("1001,Doe,Broadcast,2020-01-01,2020-01-31,USD,15"),
            "o.csv line 2: 7 cells, but the header names 8 columns",
        ),
        (
            order(&format!("{}\n{}", ORDER.trim_end(), ORDER.trim_end())),
            "o.csv line 3: column `order_no`: `1001` stands in an earlier line already",
        ),
        (
            line("1001,1,KCTV,2020-01-01,2020-01-31,30,-3,275.00"),
            "l.csv line 2: column `spots_listed`: `-3` is not a count: a whole number, not negative",
        ),
        (
            line("1001,1,KCTV,2020-01-01,2020-01-31,30,3,1e5"),
            "l.csv line 2: column `unit_rate`: `1e5` is not a decimal such as 1250.00, of at most 28 digits",
        ),
        (
            line(&format!("1001,1,KCTV,2020-01-01,2020-01-31,30,3,{nine}")),
            &format!(
                "l.csv line 2: column `unit_rate`: `{nine}` is not a decimal such as 1250.00, of at most 28 digits"
            ),
        ),
        (
            line("1002,1,KCTV,2020-01-01,2020-01-31,30,3,275.00"),
            "l.csv line 2: column `order_no`: `1002` is not among the files' orders",
        ),
    ];
    for (files, expected) in cases {
        let files: Vec<(&str, &str)> =
            files.iter().map(|(name, content)| (*name, content.as_str())).collect();
        assert_eq!(refusal(&files), expected);
    }
}

#[test]
fn a_wrong_header_is_said_with_what_it_should_be() {
    assert_eq!(
        refusal(&[("o.csv", &ORDERS.replace(",currency", ""))]),
        "o.csv line 1: column `currency` is missing; the header looks like that of orders.csv"
    );
    assert_eq!(refusal(&[("o.csv", "line,line\n")]), "o.csv line 1: column `line` stands there twice");
    assert_eq!(refusal(&[("o.csv", "")]), "o.csv is empty; its first line has to name the columns");
    let unknown = refusal(&[("o.csv", "a,b\n1,2\n")]);
    assert!(
        unknown.starts_with(
            "o.csv line 1: the header is of no known layout. Known are:\n  orders.csv: order_no,"
        ),
        "{unknown}"
    );
    assert_eq!(
        refusal(&[("o.csv", &format!("{ORDERS}{ORDER}"))]),
        "o.csv needs its lines beside it: name order_lines.csv too"
    );
    assert_eq!(
        refusal(&[("a.csv", AIRINGS)]),
        "a.csv holds airings; bring them in with `makegood import airings`"
    );
    assert_eq!(
        refusal(&[("o.csv", ORDERS), ("p.csv", ORDERS)]),
        "o.csv and p.csv are both orders.csv; import one at a time"
    );
}

#[test]
fn what_is_no_text_is_refused_with_its_line() {
    let folder = Files::new();
    let error = |content: Vec<u8>| {
        let source = folder.write("a.csv", content);
        let error = airings::control_totals(&source).expect_err("this is refused");
        format!("{error:#}").replace(source.name(), "a.csv")
    };
    let row = |cell: &[u8]| {
        [AIRINGS.as_bytes(), b"i,1001,1,1,KCTV,2020-01-06,8:00 AM,30,", cell, b",275.00,AIRED,,,\n"].concat()
    };
    assert_eq!(error(row(b"A\0B")), "a.csv: line 2 holds a NUL byte; this is not a CSV file");
    assert_eq!(error(row(&[b'x'; 2 << 20])), "a.csv: line 2 is longer than 1 MiB");
    assert_eq!(
        error(row(b"M\xfcller")),
        "a.csv line 2, cell 9: the text is not UTF-8; save the file as UTF-8"
    );
    let missing = folder.0.path().join("missing.csv");
    let missing = Layout::of(&Source::file(&missing)).err().unwrap();
    assert!(
        format!("{missing:#}")
            .ends_with("missing.csv cannot be opened: No such file or directory (os error 2)")
    );
    let folder = Layout::of(&Source::file(folder.0.path())).err().unwrap();
    assert!(format!("{folder:#}").ends_with("is a folder; name the CSV files in it"));
}

#[test]
fn control_totals_count_every_row_and_every_rate_that_is_one() {
    let row = |rate: &str| format!("i,1001,1,1,KCTV,2020-01-06,8:00 AM,30,A,{rate},AIRED,,,\n");
    let folder = Files::new();
    let rows = [row("275.00"), row("0.125"), row("ten"), row("-5.00"), "short\n".to_owned()].concat();
    let source = folder.write("a.csv", format!("\u{feff}{AIRINGS}{rows}"));
    let totals = airings::control_totals(&source).unwrap();
    assert_eq!((totals.rows, totals.amount.as_str()), (5, "270.125"));

    let huge = "9".repeat(28);
    let source = folder.write("b.csv", format!("{AIRINGS}{}{}", row(&huge), row("0.5")));
    let error = airings::control_totals(&source).expect_err("the sum would lose a digit");
    assert!(
        format!("{error:#}")
            .ends_with("line 3: column `spot_rate`: the sum of the rates has too many digits")
    );
}

#[test]
fn decimals_have_one_spelling() {
    for wrong in ["", "-", ".5", "5.", "+5", "1,000", "1e5", "0x5", " 5", "٣", &"9".repeat(29)] {
        assert_eq!(decimal(wrong), None, "{wrong:?}");
    }
    assert_eq!(decimal("-12.340"), Some(Decimal::new(-12340, 3)));
}

#[test]
fn the_same_file_is_the_same_batch() {
    let folder = Files::new();
    let (one, same, other) = (folder.write("a", "x"), folder.write("b", "x"), folder.write("c", "y"));
    assert_eq!(one.digest().unwrap(), same.digest().unwrap());
    assert_ne!(one.digest().unwrap(), other.digest().unwrap());
}

#[test]
fn an_advertiser_keeps_its_code() {
    let code = account_code("POL/Bloomberg, Mike/D/ Pres/US");
    assert_eq!(code, "POL-BLOOMBERG-9CFEA0E2");
    assert_ne!(code, account_code("POL/Bloomberg  Mike/D/ Pres/US"), "other names have other codes");
    assert!(account_code(&"long name ".repeat(30)).len() <= 22);
    assert_eq!(account_code("Ζεύς").len(), 8, "a name without a Latin letter has the digest alone");
}

#[test]
fn days_have_one_spelling() {
    let folder = Files::new();
    for wrong in ["2020-1-5", "20200105", "2020-01-05T00:00", "05.01.2020", "2020-02-30"] {
        let source = folder.write("d.csv", format!("day\n{wrong}\n"));
        let refused = table::open(&source, &["day"]).unwrap().read(|row| row.day("day"));
        assert!(refused.is_err(), "{wrong}");
    }
}

#[test]
fn however_much_is_refused_it_is_said_by_its_reasons() {
    let mut causes = Causes::default();
    for line in 2..=804 {
        causes.add("ORDER_UNKNOWN", format!("a.csv line {line}"));
    }
    causes.add("MALFORMED_ROW", "a.csv line 805".to_owned());
    let said = "  MALFORMED_ROW: 1
    a.csv line 805
  ORDER_UNKNOWN: 803
    a.csv line 2
    a.csv line 3
    a.csv line 4
    a.csv line 5
    a.csv line 6
    and 798 more
";
    assert_eq!((causes.to_string().as_str(), causes.count(), causes.hides_some()), (said, 804, true));
    assert!(!Causes::default().hides_some());
}

#[test]
fn a_file_whose_rows_were_quarantined_is_sent_again_as_another_batch() {
    let landed = |batches: &[(&str, i64)]| {
        Landed(batches.iter().map(|(id, quarantined)| ((*id).to_owned(), *quarantined)).collect())
    };
    for (batches, id) in [
        (&[][..], "a-1"),
        (&[("a-1", 0)], "a-1"),
        (&[("a-1", 804)], "a-1-2"),
        (&[("a-1", 804), ("a-1-2", 3)], "a-1-3"),
        (&[("a-1", 804), ("a-1-2", 0)], "a-1-2"),
    ] {
        assert_eq!(landed(batches).next("a-1"), id, "{batches:?}");
    }
}

#[test]
fn a_file_of_facts_is_known_by_its_first_bytes() {
    let form = |name, content| Form::of(&Source::inline(name, content)).map_err(|error| format!("{error:#}"));
    assert_eq!(form("a.csv", "order_no,line,date,clicks\nIO-1,L1,2026-01-01,5\n"), Ok(Form::Csv { rows: 1 }));
    let is_none = "a.parquet is no Parquet file: it does not begin with PAR1; ";
    assert!(form("a.parquet", "order_no,line,date\n").unwrap_err().starts_with(is_none));
    let broken = form("a.parquet", "PAR1 and no more").unwrap_err();
    assert!(broken.starts_with("a.parquet cannot be read; write it as Parquet again: "), "{broken}");
}
