//! The demo: the whole life of a session, told on a devnet, one line a step.
//!
//! A [`stage`] is the devnet with who plays on it; [`chapters`] tell the story, step by step, to a
//! [`report`]; each step ends in a [`verdict`] on what the chain answered.

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

/// Tells every chapter that it can; `report` knows how it went.
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
