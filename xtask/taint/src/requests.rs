//! What a program can ask of the valgrind that runs it: the only `unsafe` of the project.
//!
//! A request is a sequence of instructions that does nothing on a processor and that valgrind knows
//! ("The Client Request mechanism", Valgrind User Manual, section 3.1). Numbers are those of
//! `valgrind.h` and `memcheck.h`, which are fixed for ever.

/// Whether valgrind runs this program.
const RUNNING_ON_VALGRIND: usize = 0x1001;

/// How many errors memcheck has reported.
const COUNT_ERRORS: usize = 0x1201;

/// The first number of memcheck's own requests: the letters M and C.
const MEMCHECK: usize = 0x4d43_0000;

/// These bytes may be read, and mean nothing.
const MAKE_MEM_UNDEFINED: usize = MEMCHECK + 1;

/// These bytes mean something again.
const MAKE_MEM_DEFINED: usize = MEMCHECK + 2;

/// Where a value is, whatever becomes of it.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    address: usize,
    length: usize,
}

impl Place {
    /// The place of this value, without what it points to.
    pub(crate) fn of<T: ?Sized>(value: &T) -> Self {
        Self {
            address: core::ptr::from_ref(value).cast::<u8>().addr(),
            length: size_of_val(value),
        }
    }

    /// From now on valgrind reports every branch on these bytes or on what is computed from them,
    /// and every access to memory at an address that depends on them.
    pub(crate) fn is_secret(self) {
        request(MAKE_MEM_UNDEFINED, self.address, self.length);
    }

    /// What is there is no secret, or no longer.
    pub(crate) fn is_public(self) {
        request(MAKE_MEM_DEFINED, self.address, self.length);
    }
}

/// Whether valgrind runs this program.
pub(crate) fn is_watched() -> bool {
    request(RUNNING_ON_VALGRIND, 0, 0) != 0
}

/// How many different errors were reported up to now.
pub(crate) fn error_count() -> usize {
    request(COUNT_ERRORS, 0, 0)
}

/// One request; without valgrind nothing happens, and the answer is 0.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
#[expect(
    unsafe_code,
    reason = "there is no other way to speak to valgrind, and no release contains this program"
)]
fn request(number: usize, first: usize, second: usize) -> usize {
    let arguments = [number, first, second, 0, 0, 0];
    let mut answer = 0_usize;
    // SAFETY: four rotations of rdi by 128 bits in all, and an exchange of rbx with itself, change
    // no register but flags. Valgrind reads six words at rax and sets rdx. It changes no byte of
    // memory, only what it notes of them.
    unsafe {
        core::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") arguments.as_ptr(),
            inout("rdx") answer,
            inout("rdi") 0_usize => _,
        );
    }
    answer
}

/// Elsewhere nobody is asked.
#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
fn request(_number: usize, _first: usize, _second: usize) -> usize {
    0
}
