//! A body of newline-delimited JSON, read line by line: however long the body, one line is held at a time.

use axum::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use refusal::{FieldViolation, Refusal};

/// The lines of a body.
#[derive(Debug)]
pub struct Lines {
    body: BodyDataStream,
    held: BytesMut,
    /// How much of `held` is known to have no line feed.
    searched: usize,
    ended: bool,
    number: u64,
    max_bytes: usize,
}

/// A line and its number.
#[derive(Debug)]
pub struct Line {
    /// Counted from 1, empty lines too.
    pub number: u64,
    /// Without its end.
    pub bytes: Bytes,
}

impl Line {
    /// What the line is called in a refusal.
    pub fn place(&self) -> String {
        place(self.number)
    }
}

impl Lines {
    /// The lines of `body`, each at most `max_bytes` long.
    pub fn new(body: Body, max_bytes: usize) -> Self {
        let body = body.into_data_stream();
        Self { body, held: BytesMut::new(), searched: 0, ended: false, number: 0, max_bytes }
    }

    /// The next line that is not empty; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<Line>, Refusal> {
        while let Some(bytes) = self.next_raw().await? {
            if !bytes.trim_ascii().is_empty() {
                return Ok(Some(Line { number: self.number, bytes }));
            }
        }
        Ok(None)
    }

    async fn next_raw(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            if let Some(feed) = self.held[self.searched..].iter().position(|byte| *byte == b'\n') {
                let line = self.take(self.searched + feed)?;
                let _feed = self.held.split_to(1);
                return Ok(Some(line));
            }
            if self.held.len() > self.max_bytes {
                return Err(self.too_long());
            }
            self.searched = self.held.len();
            if self.ended {
                return if self.held.is_empty() { Ok(None) } else { self.take(self.searched).map(Some) };
            }
            match self.body.next().await {
                Some(Ok(data)) => self.held.extend_from_slice(&data),
                Some(Err(error)) => return Err(self.broken(&error)),
                None => self.ended = true,
            }
        }
    }

    fn take(&mut self, length: usize) -> Result<Bytes, Refusal> {
        if length > self.max_bytes {
            return Err(self.too_long());
        }
        self.searched = 0;
        self.number += 1;
        Ok(self.held.split_to(length).freeze())
    }

    fn too_long(&self) -> Refusal {
        refused(self.number + 1, format!("is longer than {} bytes", self.max_bytes))
    }

    fn broken(&self, error: &axum::Error) -> Refusal {
        refused(self.number + 1, format!("could not be read to its end: {error}"))
    }
}

fn refused(number: u64, description: String) -> Refusal {
    Refusal::malformed(vec![FieldViolation { field: place(number), description }])
}

fn place(number: u64) -> String {
    format!("line {number}")
}
