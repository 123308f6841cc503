//! The memory of the measured process, as Linux counts it. Elsewhere nobody knows.

use std::fs;

/// Forgets the peak so far.
pub fn forget_peak(process: u32) {
    // Where the system does not let us, the peak is that of all parts so far, which is never less.
    let _ = fs::write(format!("/proc/{process}/clear_refs"), "5");
}

/// The peak of the resident memory since it was forgotten, in MB.
pub fn peak_mb(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kb: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kb / 1024)
}
