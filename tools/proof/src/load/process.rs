//! What this process takes, an embedded devnet included, as Linux says.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// Linux counts processor time for user space in hundredths of a second.
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

/// Returns the processor time so far: unlike a clock's, it is the same on a machine that others use too.
pub fn processor() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").context("time is measured on Linux")?;
    // After the name, which may hold anything: the state is the first field, utime the 12th.
    let (_, fields) = stat.rsplit_once(") ").context("/proc/self/stat")?;
    let ticks = fields
        .split(' ')
        .skip(11)
        .take(2)
        .map(|ticks| Ok(ticks.parse::<u32>()?))
        .sum::<Result<u32>>()?;
    Ok(TICK * ticks)
}
