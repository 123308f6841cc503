//! Tax rates from a file.

use billing_proto::billing::invoicing::v1 as pb;
use tonic::{Code, Status};

use crate::{
    invoice::bill,
    service::{Service, reason},
    tax::{amount, german, rates_of_2020, sell, taxes},
};

async fn import(service: &Service, csv: &str, request_id: &str) -> Result<(i32, i32, i32), Status> {
    let request = pb::ImportTaxRatesRequest { csv: csv.into(), request_id: request_id.into() };
    let answer = taxes(service).import_tax_rates(request).await?.into_inner();
    Ok((answer.created, answer.updated, answer.unchanged))
}

#[tokio::test]
async fn a_file_of_rates_is_taken_in_whole() {
    let service = Service::start().await;
    let sold = german(&service).await;
    rates_of_2020(&service).await;
    let file = "place,tax_code,category,percent,reason,reverse_charged,valid_from,valid_to\n\
                DE,ADS,S,19,,true,2007-01-01,2020-06-30\n\
                DE,ADS,S,17,,true,2020-07-01,2020-12-31\n\
                DE,ADS,S,19,,true,2021-01-01,\n\
                DE,BOOKS,E,0,\"§ 4 UStG, no. 8\",,2020-01-01,\n";
    assert_eq!(import(&service, file, "1").await.unwrap(), (2, 1, 1));
    assert_eq!(import(&service, file, "1").await.unwrap(), (2, 1, 1), "the same request");
    assert_eq!(import(&service, file, "2").await.unwrap(), (0, 0, 4), "the same file");
    sell(&service, &sold, "IO-1", &[("L1", "2020-07-01", "2020-07-31", "100.00")]).await;
    let invoice = bill(&service, &sold, "2020-07", "july").await.remove(0);
    assert_eq!(amount(&invoice.total), "117.00");
}

#[tokio::test]
async fn bad_cells_are_named_and_nothing_is_taken() {
    let service = Service::start().await;
    rates_of_2020(&service).await;
    let head = "place,tax_code,category,percent,valid_from";
    // A file, and what its refusal names.
    let table = [
        (String::new(), "csv: must begin with a record that names its columns"),
        ("place,tax_code,category,percent,from\n".to_owned(), "unknown column \"from\""),
        ("place,tax_code,category,percent\n".to_owned(), "valid_from is missing"),
        (format!("{head}\nGermany,ADS,S,19,2021-01-01\n"), "csv[2].place: "),
        (format!("{head}\nDE,ADS,X,19,2021-01-01\n"), "csv[2].category: must be one of S, Z, E, AE, K, G"),
        (format!("{head}\nDE,ADS,S,19 %,2021-01-01\n"), "csv[2].percent: "),
        (format!("{head}\nDE,ADS,S,19,1.1.2021\n"), "csv[2].valid_from: is no day of the calendar"),
        (format!("{head}\nDE,ADS,S,19\n"), "csv[2]"),
        (format!("{head}\nAT,ADS,S,20,2021-01-01\nDE,ADS,S,0,2021-01-01\n"), "csv[3]: category S at 0 %"),
        (format!("{head}\nDE,ADS,S,7,2020-12-01\n"), "csv[2]: ADS in DE has a rate from 2020-07-01 on"),
        (format!("{head}\nDE,ADS,\"S,19,2021-01-01\n"), "opens a quote that is never closed"),
    ];
    for (file, named) in table {
        let refused = import(&service, &file, "wrong").await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{file}: {refused:?}");
        assert!(refused.message().contains(named), "{file}: {} does not name {named}", refused.message());
        assert!(["MALFORMED", "MALFORMED_FILE"].contains(&reason(&refused).as_str()));
    }
    let listed =
        taxes(&service).list_tax_rates(pb::ListTaxRatesRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.tax_rates.len(), 2);
}
