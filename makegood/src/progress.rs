//! Progress for whoever watches: a bar on a terminal, a plain line for each finished step anywhere else.

use std::{sync::LazyLock, time::Duration};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// All bars, so that one within another stands below it.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Says something between the bars.
pub fn say(line: &str) {
    BARS.suspend(|| eprintln!("{line}"));
}

/// One step of the work. Everything goes to standard error: standard output is for results.
pub struct Bar {
    bar: ProgressBar,
    label: String,
    unit: &'static str,
}

impl Bar {
    /// A step of so many units.
    pub fn new(label: &str, unit: &'static str, total: u64) -> Self {
        let bar = ProgressBar::new(total);
        let style = ProgressStyle::with_template("{prefix:<24} {bar:32} {pos}/{len} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self::begun(bar, label, unit)
    }

    /// A step whose length nobody knows.
    pub fn spinner(label: &str) -> Self {
        Self::begun(ProgressBar::new_spinner(), label, "")
    }

    fn begun(bar: ProgressBar, label: &str, unit: &'static str) -> Self {
        let bar = BARS.add(bar);
        bar.set_prefix(label.to_owned());
        bar.set_message(if unit.is_empty() { label } else { unit }.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar, label: label.to_owned(), unit }
    }

    /// So much is done of so much.
    pub fn at(&self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    /// One more is done.
    pub fn step(&self) {
        self.bar.inc(1);
    }

    /// What is being done now.
    pub fn says(&self, message: &str) {
        self.bar.set_message(message.to_owned());
    }

    /// The step is finished: the bar goes, and a line stays.
    pub fn done(self) {
        let total = self.bar.length().unwrap_or_default();
        let line = if self.unit.is_empty() {
            self.label.clone()
        } else {
            format!("{}: {total} {}", self.label, self.unit)
        };
        self.done_as(&line);
    }

    /// The step is finished, and whoever asked for it says so.
    pub fn gone(self) {
        self.bar.finish_and_clear();
    }

    /// The step is finished, and this is what there is to say of it.
    pub fn done_as(self, line: &str) {
        self.bar.finish_and_clear();
        say(line);
    }
}
