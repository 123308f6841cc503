use super::*;

#[test]
fn a_key_may_burst_and_then_goes_at_its_rate() {
    let limits = Limits::new(&LimitSettings { concurrency_max: 1, calls_per_second: 10, burst: 3 });
    let start = Instant::now();
    for _ in 0..3 {
        limits.count("a", start).unwrap();
    }
    let refusal = limits.count("a", start).unwrap_err();
    assert_eq!((refusal.class, refusal.reason), (Class::Exhausted, "TOO_MANY_CALLS"));
    assert_eq!(refusal.metadata, [("wait_ms", "100".to_owned())]);
    limits.count("b", start).unwrap();
    limits.count("a", start + Duration::from_millis(100)).unwrap();
    limits.count("a", start + Duration::from_millis(150)).unwrap_err();
}

#[test]
fn one_call_too_many_at_once_is_shed() {
    let limits = Limits::new(&LimitSettings { concurrency_max: 1, calls_per_second: 1, burst: 1 });
    let held = limits.enter().unwrap();
    assert_eq!(limits.enter().unwrap_err().reason, "OVERLOADED");
    drop(held);
    drop(limits.enter().unwrap());
}
