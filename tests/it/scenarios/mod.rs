//! Stories told in a controller's words, `tests/scenarios/*.story`, against the real suite. The files are what matters;
//! the code here only acts on what they say.

mod pattern;
mod steps;
mod story;
mod table;
mod world;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use tonic::Status;

use crate::{repository, suite::reason};
use story::Step;
use world::World;

/// One test per story, so that they are told side by side.
macro_rules! stories {
    ($($name:ident: $file:literal),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                tell($file).await;
            }
        )*

        const STORIES: &[&str] = &[$($file),*];
    };
}

stories! {
    what_aired_comes_with_a_wrong_total: "1-what-aired-comes-with-a-wrong-total.story",
    january_is_rated: "2-january-is-rated.story",
    a_second_person_approves_and_the_suite_is_killed: "3-a-second-person-approves-and-the-suite-is-killed.story",
    the_missed_spot_is_made_good: "4-the-missed-spot-is-made-good.story",
    nothing_bills_twice_and_nothing_is_forgotten: "5-nothing-bills-twice-and-nothing-is-forgotten.story",
    a_price_is_amended_with_its_scope: "6-a-price-is-amended-with-its-scope.story",
    a_fee_is_extended: "7-a-fee-is-extended.story",
    two_counts_of_one_campaign: "8-two-counts-of-one-campaign.story",
    one_account_is_restated: "9-one-account-is-restated.story",
    late_delivery_within_a_cap: "10-late-delivery-within-a-cap.story",
    a_purchase_order_is_used_up: "11-a-purchase-order-is-used-up.story",
    germany_in_the_summer_of_2020: "12-germany-in-the-summer-of-2020.story",
    a_credit_is_approved_by_two_and_issued_once: "13-a-credit-is-approved-by-two-and-issued-once.story",
    a_dispute_is_shown_apart_and_upheld_by_half: "14-a-dispute-is-shown-apart-and-upheld-by-half.story",
    two_at_once_ask_for_more_than_is_left: "15-two-at-once-ask-for-more-than-is-left.story",
    what_is_split_is_measured_together: "16-what-is-split-is-measured-together.story",
    the_wrong_agency_was_billed: "17-the-wrong-agency-was-billed.story",
    five_airings_make_good_what_was_missed: "18-five-airings-make-good-what-was-missed.story",
    goodwill_does_not_come_back: "19-goodwill-does-not-come-back.story",
    a_draft_that_changes_after_it_was_approved_waits: "20-a-draft-that-changes-after-it-was-approved-waits.story",
    what_was_approved_is_restated_before_it_is_issued: "21-what-was-approved-is-restated-before-it-is-issued.story",
    orders_are_compared_with_their_system: "orders-are-compared-with-their-system.story",
    bad_files_are_refused_with_their_place: "bad-files-are-refused-with-their-place.story",
    bad_input_is_refused_with_its_place: "bad-input-is-refused-with-its-place.story",
}

fn folder() -> PathBuf {
    repository::root().join("tests/scenarios")
}

#[test]
fn every_story_is_told() {
    let entries = std::fs::read_dir(folder()).expect("there are stories").filter_map(Result::ok);
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut untold: Vec<String> =
        names.filter(|name| name.ends_with(".story") && !STORIES.contains(&name.as_str())).collect();
    untold.sort();
    assert!(untold.is_empty(), "no test tells {untold:?}");
}

#[test]
fn every_step_is_understood() {
    for story in STORIES {
        for step in story::read(&folder(), story).expect("the story can be read") {
            assert!(steps::find(&step.text).is_some(), "{}: {} is not understood", step.place, step.text);
        }
    }
}

async fn tell(file: &str) {
    let mut world = World::new().await.expect("the suite starts");
    let steps = story::read(&folder(), file).expect("the story can be read");
    for (at, step) in steps.iter().enumerate() {
        if let Err(error) = take(&mut world, step, steps.get(at + 1)).await {
            panic!("\n{}: {}\n  {error:#}\n\nThe suite said:\n{}", step.place, step.text, world.suite.said());
        }
    }
}

/// A step may be refused if the next one says so.
async fn take(world: &mut World, step: &Step, next: Option<&Step>) -> Result<()> {
    let (act, words) = steps::find(&step.text).context("nobody understands this step")?;
    let said = steps::Said { words, block: &step.block };
    let expected = next.is_some_and(|next| next.text.starts_with("It is refused"));
    match (act(world, &said).await, expected) {
        (Ok(()), false) => Ok(()),
        (Ok(()), true) => bail!("expected a refusal, but it was done"),
        (Err(error), _) => {
            let status = error.downcast::<Status>()?;
            if !expected {
                bail!("refused: {} {}", reason(&status), status.message());
            }
            world.refused = Some(status);
            Ok(())
        }
    }
}
