use anyhow::{Context, Result, ensure};

use super::{super::world::World, Said};
use crate::suite::rest;

/// What was sent last, and what came back.
#[derive(Clone, Debug)]
pub struct Sent {
    method: String,
    path: String,
    body: String,
    pub answer: crate::suite::Answer,
}

pub async fn send(world: &mut World, said: &Said<'_>) -> Result<()> {
    let (method, path) = (said.word(1).to_owned(), said.word(2).to_owned());
    go(world, said.word(0), method, path, said.block.join("\n")).await
}

pub async fn send_again(world: &mut World, said: &Said<'_>) -> Result<()> {
    let sent = world.sent.clone().context("nothing was sent")?;
    world.sent_before = Some(sent.clone());
    go(world, said.word(0), sent.method, sent.path, sent.body).await
}

async fn go(world: &mut World, who: &str, method: String, path: String, body: String) -> Result<()> {
    let token = if who == "nobody" { None } else { Some(world.suite.token(world.person(who)?)?) };
    let answer = rest(&method, &format!("{}{path}", world.suite.address()), token, &body).await?;
    world.sent = Some(Sent { method, path, body, answer });
    Ok(())
}

pub async fn answer(world: &mut World, said: &Said<'_>) -> Result<()> {
    let answer = &world.sent.as_ref().context("nothing was sent")?.answer;
    ensure!(answer.status.to_string() == said.word(0), "got {} {}", answer.status, answer.text());
    Ok(())
}

pub async fn answer_because(world: &mut World, said: &Said<'_>) -> Result<()> {
    answer(world, said).await?;
    let answer = &world.sent.as_ref().context("nothing was sent")?.answer;
    let json = answer.json()?;
    let details = json.get("details").and_then(|details| details.as_array()).context("no details")?;
    let reason = details.iter().find_map(|detail| detail.get("reason")?.as_str()).unwrap_or_default();
    ensure!(reason == said.word(1), "expected {}, got {reason}: {}", said.word(1), answer.text());
    Ok(())
}

pub async fn same(world: &mut World, _: &Said<'_>) -> Result<()> {
    let (before, now) = (world.sent_before.as_ref(), world.sent.as_ref());
    let (before, now) = (before.context("nothing was sent again")?, now.context("nothing was sent")?);
    ensure!(before.answer == now.answer, "first {}, then {}", before.answer.text(), now.answer.text());
    Ok(())
}

pub async fn says(world: &mut World, said: &Said<'_>) -> Result<()> {
    let text = world.sent.as_ref().context("nothing was sent")?.answer.text();
    ensure!(text.contains(said.word(0)), "got {text}");
    Ok(())
}
