//! The demo: it runs through the whole life of a session on a devnet and prints one line for each step.
//!
//! [`stage`] holds the devnet and its accounts. [`chapters`] takes the steps and gives each to a [`report`].
//! Each step ends in a [`verdict`] on what the chain answered.

mod chapters;
mod host;
mod report;
mod session;
mod stage;
mod verdict;
mod wallet;

pub use host::Host;
pub use report::Report;

use chapters::{Chapter, opening};

/// Runs every chapter that can run, and reports each step to `report`.
pub async fn run(host: Host, report: &mut Report) {
    report.chapter(opening::TITLE);
    let cast = opening::tell(host, report).await;
    if cast.is_err() {
        report.not_run("what follows in this chapter, which needs the step that failed");
    }

    for chapter in Chapter::ALL {
        report.chapter(chapter.title());
        match &cast {
            Ok(cast) => {
                if chapter.tell(cast, report).await.is_err() {
                    report.not_run(
                        "what follows in this chapter, which may need the step that failed",
                    );
                }
            }
            Err(_) => report.not_run("this chapter, which needs the accounts of the first"),
        }
    }
}
