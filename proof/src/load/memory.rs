//! What this process holds in memory, an embedded devnet included.

use std::fs;

use anyhow::{Context, Result};

/// MiB, as Linux has it.
pub fn resident() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status").context("memory is measured on Linux")?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"))
        .context("/proc/self/status has no VmRSS")?;
    Ok(kib.trim().parse::<f64>()? / 1_024.0)
}
