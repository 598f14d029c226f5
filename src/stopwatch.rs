//! How long things take.

use web_time::Instant;

/// Milliseconds since `start`.
pub fn milliseconds_since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}
