//! Sharing work among threads. The only file that knows of them; without the cargo feature `threads` there is one.
//!
//! Natively the other threads are started here, with the first work. A WebAssembly module cannot start any: there, each
//! is a Web Worker with an instance of this module on the same memory. The page's JavaScript starts those and has each
//! call `serve`, and the engine's worker call `start`.

pub use sharing::*;

#[cfg(not(feature = "threads"))]
mod sharing {
    /// How many threads share the work.
    pub fn count() -> usize {
        1
    }

    /// Calls `work` with every index below `tasks`, on all threads there are, and returns when all are done.
    pub fn for_each(tasks: usize, work: impl Fn(usize) + Sync + Send) {
        (0..tasks).for_each(work);
    }
}

/// A forward shares work some sixty times, for a few hundred microseconds each: threads that sleep in between come late.
/// These look out for the next work for a while before they sleep. In Chromium, two of them took 0.57 of one's time for a
/// forward, and 0.6 to 0.8 after a pause; two of rayon's 0.62, and 0.98 after a pause.
#[cfg(feature = "threads")]
mod sharing {
    use std::any::Any;
    use std::cell::UnsafeCell;
    use std::hint;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
    use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
    use std::thread::{self, Thread};

    /// How often a thread looks for what it waits for before it sleeps: for some tens of microseconds.
    const LOOKS: u32 = if cfg!(target_arch = "wasm32") { 20_000 } else { 1_000 };

    static POOL: Pool = Pool::new();

    /// How many threads share the work.
    pub fn count() -> usize {
        #[cfg(not(target_arch = "wasm32"))]
        native::start();
        1 + lock(&POOL.helpers).len()
    }

    /// Calls `work` with every index below `tasks`, on all threads there are, and returns when all are done.
    pub fn for_each(tasks: usize, work: impl Fn(usize) + Sync + Send) {
        if tasks < 2 || count() == 1 {
            return (0..tasks).for_each(work);
        }
        POOL.share(tasks, &work);
    }

    /// Waits until `count` threads share the work: the one that calls, and those in [`serve`].
    #[cfg(target_arch = "wasm32")]
    pub fn start(count: usize) {
        let mut helpers = lock(&POOL.helpers);
        while 1 + helpers.len() < count {
            helpers = POOL.arrival.wait(helpers).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Has the calling thread share the work, for good.
    #[cfg(target_arch = "wasm32")]
    pub fn serve() -> ! {
        POOL.enlist(thread::current());
        POOL.serve()
    }

    #[cfg(not(target_arch = "wasm32"))]
    mod native {
        use super::POOL;
        use std::sync::Once;
        use std::thread;

        /// Starts a thread for every processor but the caller's, once.
        pub fn start() {
            static STARTED: Once = Once::new();
            STARTED.call_once(|| {
                let processors = thread::available_parallelism().map_or(1, |count| count.get());
                for _ in 1..processors {
                    // Where no more threads are to be had, those there are share the work.
                    if let Ok(helper) = thread::Builder::new().spawn(|| POOL.serve()) {
                        POOL.enlist(helper.thread().clone());
                    }
                }
            });
        }
    }

    /// The threads that help whoever has work to share, and that work.
    struct Pool {
        /// All but the caller's.
        helpers: Mutex<Vec<Thread>>,
        /// Told of every new one.
        arrival: Condvar,
        /// Whether someone has work shared at present.
        taken: AtomicBool,
        /// How many helpers are at the job (the bits below [`OPEN`]); whether more may join ([`OPEN`]); and above it
        /// the number of the job, so that nobody joins the same one twice.
        state: AtomicU32,
        /// Written only by whoever has `taken` the pool, while no helper is at it.
        job: UnsafeCell<Option<Job>>,
        /// The first task that nobody has begun.
        next: AtomicUsize,
        /// What a task panicked with.
        panic: Mutex<Option<Box<dyn Any + Send>>>,
    }

    const OPEN: u32 = 1 << 15;
    const AT_WORK: u32 = OPEN - 1;
    const NEXT_JOB: u32 = OPEN << 1;

    /// Number of the job in a `state`.
    fn number(state: u32) -> u32 {
        state / NEXT_JOB
    }

    type Work<'a> = dyn Fn(usize) + Sync + 'a;

    struct Job {
        /// Outlives the job: `share` returns only when all who joined have left.
        work: *const Work<'static>,
        tasks: usize,
        /// To be woken by the last to leave.
        caller: Thread,
    }

    // Safety: `job` is the only part that is not `Sync` by itself. It is written while no helper is at it, and `state`
    // orders that before every reading: helpers join with acquire what the caller opened with release, and the caller
    // waits with acquire for what they release when they leave. The closure behind `work` is `Sync`.
    unsafe impl Sync for Pool {}

    impl Pool {
        const fn new() -> Self {
            Self {
                helpers: Mutex::new(Vec::new()),
                arrival: Condvar::new(),
                taken: AtomicBool::new(false),
                state: AtomicU32::new(0),
                job: UnsafeCell::new(None),
                next: AtomicUsize::new(0),
                panic: Mutex::new(None),
            }
        }

        fn enlist(&self, helper: Thread) {
            lock(&self.helpers).push(helper);
            self.arrival.notify_all();
        }

        /// A helper's life.
        fn serve(&self) -> ! {
            let mut last = 0;
            loop {
                last = wait_for(|| self.join(last));
                // Safety: this thread has joined, so the job stays until it leaves.
                let job = unsafe { (*self.job.get()).as_ref() };
                let Some(Job { work, tasks, caller }) = job else { unreachable!("no job was opened") };
                // Safety: as above.
                self.work(*tasks, unsafe { &**work });
                let caller = caller.clone();
                let left = self.state.fetch_sub(1, Ordering::Release);
                if left & (OPEN | AT_WORK) == 1 {
                    caller.unpark();
                }
            }
        }

        /// Joins the job that is open, unless it is number `last`, and returns its number.
        fn join(&self, last: u32) -> Option<u32> {
            let joinable = |state: u32| (state & OPEN != 0 && number(state) != last).then_some(state + 1);
            joinable(self.state.load(Ordering::Relaxed))?;
            self.state.fetch_update(Ordering::Acquire, Ordering::Relaxed, joinable).ok().map(number)
        }

        /// Does every task, with the helpers that come in time.
        fn share(&self, tasks: usize, work: &Work<'_>) {
            // Work within the work, or of a second caller: nobody is free to help.
            if self.taken.swap(true, Ordering::Acquire) {
                return (0..tasks).for_each(work);
            }
            // Safety: only the lifetime changes, and nobody uses it beyond: helpers are waited for below.
            let lasting = unsafe { std::mem::transmute::<*const Work<'_>, *const Work<'static>>(work) };
            let job = Job { work: lasting, tasks, caller: thread::current() };
            // Safety: the pool is taken by this thread, and all helpers have left the job before.
            unsafe { *self.job.get() = Some(job) };
            self.next.store(0, Ordering::Relaxed);
            let before = self.state.load(Ordering::Relaxed);
            self.state.store(before.wrapping_add(NEXT_JOB) | OPEN, Ordering::Release);
            for helper in lock(&self.helpers).iter().take(tasks - 1) {
                helper.unpark();
            }
            self.work(tasks, work);
            // Nothing is left to begin: who has not come by now need not be waited for.
            self.state.fetch_and(!OPEN, Ordering::Relaxed);
            wait_for(|| (self.state.load(Ordering::Acquire) & AT_WORK == 0).then_some(()));
            let panic = lock(&self.panic).take();
            self.taken.store(false, Ordering::Release);
            if let Some(panic) = panic {
                resume_unwind(panic);
            }
        }

        /// Does tasks until all have been begun.
        fn work(&self, tasks: usize, work: &Work<'_>) {
            let result = catch_unwind(AssertUnwindSafe(|| {
                loop {
                    let task = self.next.fetch_add(1, Ordering::Relaxed);
                    if task >= tasks {
                        break;
                    }
                    work(task);
                }
            }));
            if let Err(panic) = result {
                *lock(&self.panic) = Some(panic);
            }
        }
    }

    /// What `look` finds in the end: looked for often at first, and then whenever this thread is woken.
    fn wait_for<T>(look: impl Fn() -> Option<T>) -> T {
        for _ in 0..LOOKS {
            if let Some(found) = look() {
                return found;
            }
            hint::spin_loop();
        }
        loop {
            if let Some(found) = look() {
                return found;
            }
            thread::park();
        }
    }

    /// Nothing that is locked here is left half done by a panic.
    fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{count, for_each};
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// How often each task ran.
    fn runs(tasks: usize) -> Vec<usize> {
        let runs: Vec<AtomicUsize> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
        for_each(tasks, |task| {
            runs[task].fetch_add(1, Ordering::Relaxed);
        });
        runs.into_iter().map(AtomicUsize::into_inner).collect()
    }

    #[test]
    fn every_task_runs_once() {
        assert!(count() >= 1);
        for tasks in [0, 1, 2, 3, 7, 100] {
            for _ in 0..1000 {
                assert_eq!(runs(tasks), vec![1; tasks]);
            }
        }
    }

    #[test]
    fn work_within_work_and_beside_it() {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        for_each(5, |_| assert_eq!(runs(5), [1; 5]));
                    }
                });
            }
        });
    }

    #[test]
    fn a_panic_reaches_the_caller_and_spares_the_threads() {
        for _ in 0..100 {
            let caught = std::panic::catch_unwind(|| for_each(10, |task| assert_ne!(task, 7, "task 7")));
            assert!(caught.is_err());
            assert_eq!(runs(10), [1; 10]);
        }
    }
}
