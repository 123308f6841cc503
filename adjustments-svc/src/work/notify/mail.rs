use std::path::Path;

use jiff::{Timestamp, fmt::rfc2822, tz::TimeZone};
use tokio::{
    fs::{self, File},
    io::AsyncWriteExt,
};

use crate::{configuration::Notifications, store::notification::Notification};

/// Puts a file for an event into the folder, whole or not at all. The same event for the same subscriber is the same file.
pub(super) async fn write(
    settings: &Notifications,
    address: &str,
    notification: &Notification,
) -> Result<(), String> {
    let Some(folder) = &settings.mail_folder else {
        return Err("there is no folder for e-mail: adjustments.notifications.mail_folder".to_owned());
    };
    let name = format!("{}-{}.eml", notification.event.id, notification.subscription);
    let text = message(&settings.mail_from, address, notification)?;
    put(folder, &name, text.as_bytes()).await.map_err(|error| format!("the folder for e-mail: {error}"))
}

async fn put(folder: &Path, name: &str, content: &[u8]) -> Result<(), std::io::Error> {
    let unfinished = folder.join(format!("{name}.part"));
    let mut file = File::create(&unfinished).await?;
    file.write_all(content).await?;
    file.sync_all().await?;
    fs::rename(&unfinished, folder.join(name)).await
}

/// A message by RFC 5322. Types, names and addresses are visible ASCII, so that none of them ends a line.
fn message(from: &str, to: &str, notification: &Notification) -> Result<String, String> {
    let event = &notification.event;
    let date = date(event.at).map_err(|error| error.to_string())?;
    let what = event.kind.rsplit('.').take(2).collect::<Vec<_>>();
    let what = what.into_iter().rev().collect::<Vec<_>>().join(" ").replace('_', " ");
    let lines = [
        format!("From: {from}"),
        format!("To: {to}"),
        format!("Date: {date}"),
        format!("Message-ID: <{}.{}@makegood>", event.id, notification.subscription),
        format!("Subject: [Makegood] {what}: {}", event.subject),
        "MIME-Version: 1.0".to_owned(),
        "Content-Type: text/plain; charset=utf-8".to_owned(),
        "Content-Transfer-Encoding: 8bit".to_owned(),
        String::new(),
        format!("What has happened: {}", event.kind),
        format!("To what: {}", event.subject),
        format!("By whom: {}", event.actor),
        format!("When: {}", event.at),
        String::new(),
    ];
    Ok(lines.join("\r\n"))
}

fn date(at: Timestamp) -> Result<String, jiff::Error> {
    rfc2822::to_string(&at.to_zoned(TimeZone::UTC))
}
