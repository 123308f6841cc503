/// How two sides differ in one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// Both have it, and it is not the same.
    Stale,
    MissingHere,
    /// Known here, and the source did not name it.
    MissingThere,
}

/// Compares what a source has with what is known here; `None` where it is the same.
pub fn reconcile<T: PartialEq>(sent: Option<&T>, known: Option<&T>) -> Option<Difference> {
    match (sent, known) {
        (Some(sent), Some(known)) if sent != known => Some(Difference::Stale),
        (Some(_), None) => Some(Difference::MissingHere),
        (None, Some(_)) => Some(Difference::MissingThere),
        (Some(_), Some(_)) | (None, None) => None,
    }
}
