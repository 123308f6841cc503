//! Outside tax engines: asked with bounded patience, and believed only where what they say adds up.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use billing_proto::outside::tax::v1::{
    DetermineTaxRequest, Document, TaxedLine, tax_engine_service_client::TaxEngineServiceClient,
};
use tonic::{
    Code,
    transport::{Channel, Endpoint},
};

use crate::configuration::TaxEngine;

/// How much one question asks about at most.
const DOCUMENTS_MAX: usize = 200;
const LINES_MAX: usize = 5_000;

/// How often a question is asked until it is given up.
const ATTEMPTS: u32 = 3;

/// Between the first attempt and the second; it grows from then on.
const PAUSE: Duration = Duration::from_millis(100);

/// The engines that this process knows, by name.
#[derive(Clone, Debug, Default)]
pub struct TaxEngines(BTreeMap<String, TaxEngineServiceClient<Channel>>);

/// An engine's address in the configuration is no URL.
#[derive(Debug, thiserror::Error)]
#[error("invoicing.tax_engines.{name}.url: {url} is not a URL such as http://127.0.0.1:50061")]
pub struct TaxEngineUrlError {
    name: String,
    url: String,
    #[source]
    error: tonic::transport::Error,
}

/// Something whose lines are to be taxed by an engine, for example a draft.
#[derive(Debug)]
pub struct Question<D> {
    pub draft: D,
    pub document: Document,
}

/// Why an engine gave no tax that can be used.
#[derive(Clone, Debug)]
pub enum Untold {
    /// It did not answer: later it may.
    Silent(String),
    /// What it answered cannot stand on a document, it refuses to answer, or this service does not know it.
    Wrong(String),
}

impl Untold {
    /// In words.
    pub fn why(self) -> String {
        match self {
            Self::Silent(why) | Self::Wrong(why) => why,
        }
    }
}

/// What an engine says of the lines of a draft makes its tax, or is wrong in some way.
pub trait Taxed<D, T>: Fn(D, &[TaxedLine]) -> Result<T, String> {}

impl<D, T, F: Fn(D, &[TaxedLine]) -> Result<T, String>> Taxed<D, T> for F {}

/// A question, with its place among all, and why it has no answer yet.
struct Open<D> {
    place: usize,
    question: Question<D>,
    why: String,
}

/// What came of asking.
enum Heard {
    /// Those that have no tax that can be used say why.
    Answers,
    /// What was asked is refused, and it would be again.
    Refusal,
    /// The engine did not answer at all, and why.
    Silence(String),
}

impl TaxEngines {
    /// The engines of a configuration. Nobody is connected to yet.
    pub fn of(known: &BTreeMap<String, TaxEngine>) -> Result<Self, TaxEngineUrlError> {
        let connect = |(name, engine): (&String, &TaxEngine)| {
            let TaxEngine { url, timeout_ms } = engine;
            let wrong = |error| TaxEngineUrlError { name: name.clone(), url: url.clone(), error };
            let timeout = Duration::from_millis(*timeout_ms);
            let endpoint = Endpoint::from_shared(url.clone()).map_err(wrong)?;
            let channel = endpoint.connect_timeout(timeout).timeout(timeout).connect_lazy();
            Ok((name.clone(), TaxEngineServiceClient::new(channel)))
        };
        known.iter().map(connect).collect::<Result<_, _>>().map(Self)
    }

    /// The names of the engines, in their order.
    pub fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// Has an engine tax drafts: in their order, each with its tax or with why the engine gave none that can be used. An
    /// engine that does not answer at all is not asked about the rest; one that refuses a portion is asked about its drafts one
    /// by one, so that a draft which it does not take keeps no other from its tax.
    pub async fn tax<D: Clone, T>(
        &self,
        name: &str,
        questions: Vec<Question<D>>,
        taxed: impl Taxed<D, T>,
    ) -> Vec<Result<T, Untold>> {
        let unknown =
            || Err(Untold::Wrong("the configuration of this service names no such engine".to_owned()));
        let Some(engine) = self.0.get(name) else { return questions.iter().map(|_| unknown()).collect() };
        let mut results: Vec<Result<T, Untold>> = questions.iter().map(|_| unknown()).collect();
        let mut given_up: Option<String> = None;
        let mut portions = VecDeque::from(chunks(questions));
        while let Some(mut chunk) = portions.pop_front() {
            if given_up.is_none() {
                match ask(engine, &mut chunk, &mut results, &taxed).await {
                    Heard::Refusal if chunk.len() > 1 => {
                        for open in chunk.into_iter().rev() {
                            portions.push_front(vec![open]);
                        }
                        continue;
                    }
                    Heard::Answers | Heard::Refusal => {}
                    Heard::Silence(why) => given_up = Some(why),
                }
            }
            for open in chunk {
                let silent = given_up.clone().map(Untold::Silent);
                results[open.place] = Err(silent.unwrap_or(Untold::Wrong(open.why)));
            }
        }
        results
    }
}

/// Asks until every draft of the chunk has its tax, it is refused or patience ends; those that have none stay in the chunk.
async fn ask<D: Clone, T>(
    engine: &TaxEngineServiceClient<Channel>,
    chunk: &mut Vec<Open<D>>,
    results: &mut [Result<T, Untold>],
    taxed: &impl Taxed<D, T>,
) -> Heard {
    let mut heard = Heard::Answers;
    for attempt in 0..ATTEMPTS {
        tokio::time::sleep(PAUSE * attempt).await;
        let documents = chunk.iter().map(|open| open.question.document.clone()).collect();
        match engine.clone().determine_tax(DetermineTaxRequest { documents }).await {
            Ok(answer) => {
                let answered = answer.into_inner().documents.into_iter();
                take(answered.map(|document| (document.id, document.lines)).collect(), chunk, results, taxed);
                heard = Heard::Answers;
            }
            Err(status) => {
                let why = format!("{}: {}", status.code(), status.message());
                if refuses(status.code()) {
                    for open in chunk {
                        open.why.clone_from(&why);
                    }
                    return Heard::Refusal;
                }
                heard = Heard::Silence(why);
            }
        }
        if chunk.is_empty() {
            break;
        }
    }
    heard
}

/// Whether an engine says with this that it does not take the question, and not that it cannot answer now.
fn refuses(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidArgument
            | Code::FailedPrecondition
            | Code::OutOfRange
            | Code::NotFound
            | Code::Unimplemented
    )
}

/// Takes the answers that can stand on a document.
fn take<D: Clone, T>(
    mut answers: HashMap<String, Vec<TaxedLine>>,
    chunk: &mut Vec<Open<D>>,
    results: &mut [Result<T, Untold>],
    taxed: &impl Taxed<D, T>,
) {
    for mut open in std::mem::take(chunk) {
        let lines = answers.remove(&open.question.document.id);
        let lines = lines.ok_or_else(|| "its answer lacks the document".to_owned());
        match lines.and_then(|lines| taxed(open.question.draft.clone(), &lines)) {
            Ok(taxed) => results[open.place] = Ok(taxed),
            Err(why) => {
                open.why = why;
                chunk.push(open);
            }
        }
    }
}

/// The questions in portions that an engine can take.
fn chunks<D>(questions: Vec<Question<D>>) -> Vec<Vec<Open<D>>> {
    let mut chunks: Vec<Vec<Open<D>>> = Vec::new();
    let mut lines = LINES_MAX;
    for (place, question) in questions.into_iter().enumerate() {
        lines += question.document.lines.len();
        if lines > LINES_MAX || chunks.last().is_none_or(|chunk| chunk.len() == DOCUMENTS_MAX) {
            lines = question.document.lines.len();
            chunks.push(Vec::new());
        }
        let open = Open { place, question, why: String::new() };
        chunks.last_mut().expect("there is a chunk").push(open);
    }
    chunks
}
