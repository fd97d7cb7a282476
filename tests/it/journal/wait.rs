//! Waiting for an entry, and many threads at once.

use std::time::Duration;

use super::*;

const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_match_that_is_there_is_not_waited_for() {
    let journal = Journal::default();
    journal.record(exchange("/a"));
    let found = block_on(journal.wait(&filter(json!({"path": "/a"})), Duration::ZERO));
    assert_eq!(seqs(&found.unwrap()), [1]);
}

#[test]
fn a_match_that_arrives_later_ends_the_wait_and_others_do_not() {
    let journal = Journal::default();
    let wanted = filter(json!({"path": "/b"}));
    let (found, ()) = block_on(async {
        tokio::join!(journal.wait(&wanted, LONG), async {
            for path in ["/a", "/a", "/b"] {
                journal.record(exchange(path));
                tokio::task::yield_now().await;
            }
        })
    });
    assert_eq!(seqs(&found.unwrap()), [3]);
}

#[test]
fn a_wait_without_a_match_ends_in_time() {
    let journal = Journal::default();
    journal.record(exchange("/a"));
    assert!(block_on(journal.wait(&filter(json!({"after": 1})), Duration::from_millis(1))).is_none());
}

#[test]
fn one_entry_ends_many_waits() {
    let journal = Journal::default();
    let wanted: Vec<_> = (0..100).map(|n| filter(json!({"path": format!("/{}*", n % 2)}))).collect();
    let (found, _) = block_on(async {
        tokio::join!(join_all(wanted.iter().map(|wanted| journal.wait(wanted, LONG))), async {
            journal.record(exchange("/0"));
            tokio::task::yield_now().await;
            journal.record(exchange("/1"))
        })
    });
    let expected = |n: usize| vec![n as u64 % 2 + 1];
    assert!(found.into_iter().enumerate().all(|(n, found)| seqs(&found.unwrap()) == expected(n)));
}

#[test]
fn eight_threads_record_while_others_wait_and_nothing_is_lost() {
    const EACH: u64 = 500;
    let journal = Journal::default();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let journal = &journal;
            scope.spawn(move || {
                let mine = (0..EACH).map(|n| journal.record(exchange(&format!("/{thread}/{n}")))).collect::<Vec<_>>();
                assert!(mine.is_sorted());
            });
            scope.spawn(move || {
                let last = filter(json!({"path": format!("/{thread}/{}", EACH - 1)}));
                assert_eq!(block_on(journal.wait(&last, LONG)).unwrap().len(), 1);
            });
        }
    });
    assert_eq!(everything(&journal), (1..=8 * EACH).collect::<Vec<_>>());
    let newest = filter(json!({"path": "/3/*"}));
    assert_eq!(journal.find(&newest).len() as u64, EACH);
}
