//! Reports how each step went, to people or to scripts, and counts steps and failures.

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

/// The result of a part of the demo: `Err` if a step failed and the rest of the part did not run.
pub type Told<T = ()> = Result<T, Stop>;

/// Says that a step failed and that later steps may need it. The report already shows why.
pub struct Stop;

/// The demo's report, on stdout.
pub struct Report {
    page: Box<dyn Page>,
    /// The first error of writing the output; `finish` returns it.
    written: io::Result<()>,
    chapter: &'static str,
    steps: u32,
    failed: u32,
    is_whole: bool,
    began: Instant,
}

impl Report {
    /// Returns a report for people: a line for each step, and on a terminal also the step that is running.
    pub fn lines() -> Self {
        Self::new(Box::new(Lines::stdout()))
    }

    /// Returns a report for scripts: one JSON object per line.
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

    /// Starts the chapter to which the next steps belong.
    pub fn chapter(&mut self, title: &'static str) {
        self.chapter = title;
        self.show(&Event::Chapter { title });
    }

    /// Runs `step` and reports its verdict. `tried` says in words what the step does.
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

    /// Reports that a part of the demo does not run.
    pub fn not_run(&mut self, what: &str) {
        self.is_whole = false;
        let chapter = self.chapter;
        self.show(&Event::NotRun { chapter, what });
    }

    /// Reports the sums. Returns whether every step ran and had the expected result.
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
