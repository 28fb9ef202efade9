//! An input as a program: what it says is done one call after the other, with what the calls before
//! gave. Nothing that can be called in any order may panic.

/// What is left of an input.
pub(crate) struct Program<'a>(&'a [u8]);

impl<'a> Program<'a> {
    pub(crate) const fn new(input: &'a [u8]) -> Self {
        Self(input)
    }

    /// The next byte, if there is one; with it a call begins.
    pub(crate) fn next_call(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// The next byte, or 0.
    pub(crate) fn byte(&mut self) -> u8 {
        self.next_call().unwrap_or(0)
    }

    /// So many bytes, or what is left; the number is a byte.
    pub(crate) fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.0.len());
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes
    }

    /// One of these, chosen by a byte; `None` if there is none.
    pub(crate) fn pick<'b, T>(&mut self, pool: &'b [T]) -> Option<&'b T> {
        let byte = usize::from(self.byte());
        pool.get(byte.checked_rem(pool.len())?)
    }

    /// Some of these, up to as many as a byte says, in any order and as often as it happens.
    pub(crate) fn some<'b, T>(&mut self, pool: &'b [T], most: u8) -> Vec<&'b T> {
        let count = self.byte() % most.max(1);
        (0..count).filter_map(|_| self.pick(pool)).collect()
    }
}

/// Keeps what a call gave; the oldest makes room, so that an input costs a bounded time.
pub(crate) fn keep<T>(pool: &mut Vec<T>, made: T) {
    if pool.len() >= 32 {
        drop(pool.remove(0));
    }
    pool.push(made);
}
