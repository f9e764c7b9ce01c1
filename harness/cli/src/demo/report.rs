//! Tells how each step went, to people or to machines, and keeps the count.

mod event;
mod json;
mod lines;
mod page;

use std::io;
use std::time::Instant;

use event::Event;
use json::Json;
use lines::Lines;
use page::Page;

use super::verdict::Verdict;

/// A part of the story: told to its end, or stopped by a step that failed.
pub type Told<T = ()> = Result<T, Stop>;

/// A step failed, and what follows may need it. The report has told why.
pub struct Stop;

/// The demo's report, on stdout.
pub struct Report {
    page: Box<dyn Page>,
    /// The first error of the output: reported once, at the end.
    written: io::Result<()>,
    chapter: &'static str,
    steps: u32,
    failed: u32,
    is_whole: bool,
    began: Instant,
}

impl Report {
    /// Reports to people: a line a step, and on a terminal also the step that is under way.
    pub fn lines() -> Self {
        Self::new(Box::new(Lines::stdout()))
    }

    /// Reports to machines: one JSON object a line.
    pub fn json() -> Self {
        Self::new(Box::new(Json))
    }

    fn new(page: Box<dyn Page>) -> Self {
        Self {
            page,
            written: Ok(()),
            chapter: "",
            steps: 0,
            failed: 0,
            is_whole: true,
            began: Instant::now(),
        }
    }

    /// Opens the chapter that the next steps belong to.
    pub fn chapter(&mut self, title: &'static str) {
        self.chapter = title;
        self.show(&Event::Chapter { title });
    }

    /// Takes a step and tells how it went: `tried` says what it does.
    pub async fn step<T>(
        &mut self,
        tried: &str,
        step: impl Future<Output = Verdict<T>>,
    ) -> Told<T> {
        self.steps += 1;
        let (number, chapter) = (self.steps, self.chapter);
        self.show(&Event::Trying { step: number, tried });

        let verdict = step.await;
        self.show(&Event::of_step(number, chapter, tried, &verdict));
        match verdict {
            Ok(reply) => Ok(reply.value),
            Err(_) => {
                self.failed += 1;
                Err(Stop)
            }
        }
    }

    /// Says that a part of the story is left out.
    pub fn not_run(&mut self, what: &str) {
        self.is_whole = false;
        let chapter = self.chapter;
        self.show(&Event::NotRun { chapter, what });
    }

    /// Sums up. Whether every step was taken and did what it should.
    pub fn finish(mut self) -> io::Result<bool> {
        let ok = self.failed == 0 && self.is_whole;
        let seconds = self.began.elapsed().as_secs_f64();
        self.show(&Event::End { ok, steps: self.steps, failed: self.failed, seconds });
        self.written.map(|()| ok)
    }

    fn show(&mut self, event: &Event<'_>) {
        if self.written.is_ok() {
            self.written = self.page.show(event);
        }
    }
}
