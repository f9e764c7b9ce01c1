//! Reads the memory and processor time of this process, with an embedded devnet, from Linux.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// The unit in which Linux shows processor time to user space: a hundredth of a second.
const TICK: Duration = Duration::from_millis(10);

/// Returns the memory, in MiB.
pub fn resident() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status").context("memory is measured on Linux")?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"))
        .context("/proc/self/status has no VmRSS")?;
    Ok(kib.trim().parse::<f64>()? / 1_024.0)
}

/// Returns the processor time so far. Unlike real time, it does not depend on what else the machine does.
pub fn processor() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").context("time is measured on Linux")?;
    // The fields follow the program's name, which may contain anything: the state is the first field, utime
    // the 12th.
    let (_, fields) = stat.rsplit_once(") ").context("/proc/self/stat")?;
    let ticks = fields
        .split(' ')
        .skip(11)
        .take(2)
        .map(|ticks| Ok(ticks.parse::<u32>()?))
        .sum::<Result<u32>>()?;
    Ok(TICK * ticks)
}
