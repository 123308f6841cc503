//! Rows as PostgreSQL takes them in fastest: the binary form of COPY, which neither side has to print and read.

use anyhow::Context;
use chassis::failure::Failure;
use sqlx::{Encode, PgConnection, Postgres, encode::IsNull, postgres::PgArgumentBuffer};

/// The rows of a table that are made of some items, column by column, and the statement that copies them. Ends the function
/// with what cannot be encoded.
#[macro_export]
#[doc(hidden)]
macro_rules! copy_rows {
    ($table:literal, $items:expr, |$item:ident| $first:ident = $value:expr $(, $column:ident = $other:expr)* $(,)?) => {{
        const COLUMNS: &[&str] = &[stringify!($first) $(, stringify!($column))*];
        let mut rows = $crate::store::copy_rows::CopyRows::new();
        for $item in $items {
            rows.begin_row(i16::try_from(COLUMNS.len()).context("more columns than a table has")?);
            rows.column(&$value)?;
            $( rows.column(&$other)?; )*
        }
        let statement = concat!(
            "copy ", $table, " (", stringify!($first) $(, ", ", stringify!($column))*, ") from stdin (format binary)"
        );
        (rows, statement)
    }};
}

/// Rows of one table.
pub struct CopyRows {
    buffer: PgArgumentBuffer,
    rows: usize,
}

impl CopyRows {
    /// No rows.
    pub fn new() -> Self {
        let mut buffer = PgArgumentBuffer::default();
        // The signature, no flags, no extension.
        buffer.extend_from_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
        Self { buffer, rows: 0 }
    }

    /// Begins a row of so many columns.
    pub fn begin_row(&mut self, columns: i16) {
        self.rows += 1;
        self.buffer.extend_from_slice(&columns.to_be_bytes());
    }

    /// The next column: the length of the value, −1 where there is none, and the value.
    pub fn column<'q>(&mut self, value: &impl Encode<'q, Postgres>) -> Result<(), Failure> {
        let at = self.buffer.len();
        self.buffer.extend_from_slice(&(-1_i32).to_be_bytes());
        let encoded = value.encode_by_ref(&mut self.buffer).map_err(sqlx::Error::Encode)?;
        if matches!(encoded, IsNull::No) {
            let length = i32::try_from(self.buffer.len() - at - 4).context("a value without end")?;
            self.buffer[at..at + 4].copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }

    /// Writes the rows by a COPY statement that names their table.
    pub async fn write(
        mut self,
        connection: &mut PgConnection,
        statement: &'static str,
    ) -> Result<(), Failure> {
        if self.rows == 0 {
            return Ok(());
        }
        self.buffer.extend_from_slice(&(-1_i16).to_be_bytes());
        let mut copying = connection.copy_in_raw(statement).await?;
        copying.send(self.buffer.as_slice()).await?;
        copying.finish().await?;
        Ok(())
    }
}
