//! Groups so small that a test can go through all of them: the integers modulo a small prime,
//! which are at once the field and, by addition with generator 1, the group.
//!
//! Nothing here is secret, fast or constant time: a discrete logarithm is a division by one.

use core::{
    iter::{Product, Sum},
    ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign},
};

use ff::{Field, PrimeField};
use group::{Group, GroupEncoding, prime::PrimeGroup};
use rand_core::TryRng;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, CtOption};
use tki_math::Curve;
use zeroize::DefaultIsZeroes;

/// The group of order Q, for Q = 7 and Q = 127.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Tiny<const Q: u64>;

/// An integer modulo Q, as a scalar.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct TinyScalar<const Q: u64>(u64);

/// An integer modulo Q, as a group element.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct TinyPoint<const Q: u64>(u64);

impl<const Q: u64> TinyScalar<Q> {
    pub(crate) const fn new(value: u64) -> Self {
        Self(value % Q)
    }

    pub(crate) const fn get(self) -> u64 {
        self.0
    }
}

impl<const Q: u64> TinyPoint<Q> {
    pub(crate) const fn new(value: u64) -> Self {
        Self(value % Q)
    }
}

impl<const Q: u64> Curve for Tiny<Q> {
    type Scalar = TinyScalar<Q>;
    type Point = TinyPoint<Q>;

    const NAME: &'static str = "tiny";
    const POINT_BYTES: usize = 1;

    fn scalar_to_bytes(scalar: &TinyScalar<Q>) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&scalar.0.to_le_bytes());
        bytes
    }

    fn scalar_from_bytes(bytes: &[u8; 32]) -> CtOption<TinyScalar<Q>> {
        let canonical = bytes[1..].iter().all(|byte| *byte == 0) && u64::from(bytes[0]) < Q;
        CtOption::new(
            TinyScalar(u64::from(bytes[0])),
            Choice::from(u8::from(canonical)),
        )
    }

    fn decode_point(bytes: &[u8]) -> Option<TinyPoint<Q>> {
        let encoded = <[u8; 1]>::try_from(bytes).ok()?;
        TinyPoint::from_bytes(&encoded).into()
    }

    fn mul_by_generator(scalar: &TinyScalar<Q>) -> TinyPoint<Q> {
        TinyPoint(scalar.0)
    }

    fn scalar_from_identifier(x: u128) -> Option<TinyScalar<Q>> {
        u64::try_from(x).ok().filter(|x| *x < Q).map(TinyScalar)
    }

    fn scalar_to_limbs(scalar: &TinyScalar<Q>) -> [u64; 4] {
        [scalar.0, 0, 0, 0]
    }
}

/// An operator of the integers modulo Q, by value and by reference, and its assigning form.
macro_rules! operator {
    ($trait:ident, $method:ident, $assign:ident, $assign_method:ident,
     $left:ident, $right:ident, |$a:ident, $b:ident| $value:expr) => {
        impl<const Q: u64> $trait<$right<Q>> for $left<Q> {
            type Output = Self;

            fn $method(self, other: $right<Q>) -> Self {
                let ($a, $b) = (self.0, other.0);
                Self($value % Q)
            }
        }

        impl<const Q: u64> $trait<&$right<Q>> for $left<Q> {
            type Output = Self;

            fn $method(self, other: &$right<Q>) -> Self {
                $trait::$method(self, *other)
            }
        }

        impl<const Q: u64> $assign<$right<Q>> for $left<Q> {
            fn $assign_method(&mut self, other: $right<Q>) {
                *self = $trait::$method(*self, other);
            }
        }

        impl<const Q: u64> $assign<&$right<Q>> for $left<Q> {
            fn $assign_method(&mut self, other: &$right<Q>) {
                *self = $trait::$method(*self, *other);
            }
        }
    };
}

operator!(
    Add,
    add,
    AddAssign,
    add_assign,
    TinyScalar,
    TinyScalar,
    |a, b| (a + b)
);
operator!(
    Sub,
    sub,
    SubAssign,
    sub_assign,
    TinyScalar,
    TinyScalar,
    |a, b| (Q + a - b)
);
operator!(
    Mul,
    mul,
    MulAssign,
    mul_assign,
    TinyScalar,
    TinyScalar,
    |a, b| (a * b)
);
operator!(
    Add,
    add,
    AddAssign,
    add_assign,
    TinyPoint,
    TinyPoint,
    |a, b| (a + b)
);
operator!(
    Sub,
    sub,
    SubAssign,
    sub_assign,
    TinyPoint,
    TinyPoint,
    |a, b| (Q + a - b)
);
operator!(
    Mul,
    mul,
    MulAssign,
    mul_assign,
    TinyPoint,
    TinyScalar,
    |a, b| (a * b)
);

/// What scalars and points have in common besides their operators.
macro_rules! residue {
    ($type:ident) => {
        impl<const Q: u64> Neg for $type<Q> {
            type Output = Self;

            fn neg(self) -> Self {
                Self((Q - self.0) % Q)
            }
        }

        impl<const Q: u64> Sum for $type<Q> {
            fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
                terms.fold(Self(0), |sum, term| sum + term)
            }
        }

        impl<'a, const Q: u64> Sum<&'a Self> for $type<Q> {
            fn sum<I: Iterator<Item = &'a Self>>(terms: I) -> Self {
                terms.copied().sum()
            }
        }

        impl<const Q: u64> ConstantTimeEq for $type<Q> {
            fn ct_eq(&self, other: &Self) -> Choice {
                self.0.ct_eq(&other.0)
            }
        }

        impl<const Q: u64> ConditionallySelectable for $type<Q> {
            fn conditional_select(a: &Self, b: &Self, choice: Choice) -> Self {
                Self(u64::conditional_select(&a.0, &b.0, choice))
            }
        }

        impl<const Q: u64> DefaultIsZeroes for $type<Q> {}
    };
}

residue!(TinyScalar);
residue!(TinyPoint);

impl<const Q: u64> Product for TinyScalar<Q> {
    fn product<I: Iterator<Item = Self>>(factors: I) -> Self {
        factors.fold(Self::ONE, |product, factor| product * factor)
    }
}

impl<'a, const Q: u64> Product<&'a Self> for TinyScalar<Q> {
    fn product<I: Iterator<Item = &'a Self>>(factors: I) -> Self {
        factors.copied().product()
    }
}

impl<const Q: u64> From<u64> for TinyScalar<Q> {
    fn from(value: u64) -> Self {
        Self::new(value)
    }
}

impl<const Q: u64> Field for TinyScalar<Q> {
    const ZERO: Self = Self(0);
    const ONE: Self = Self(1);

    /// Rejection sampling on one word: a word below Q is taken as it is.
    fn try_random<R: TryRng + ?Sized>(rng: &mut R) -> Result<Self, R::Error> {
        let mask = Q.next_power_of_two() - 1;
        loop {
            let candidate = u64::from(rng.try_next_u32()?) & mask;
            if candidate < Q {
                return Ok(Self(candidate));
            }
        }
    }

    fn square(&self) -> Self {
        *self * self
    }

    fn double(&self) -> Self {
        *self + self
    }

    fn invert(&self) -> CtOption<Self> {
        CtOption::new(self.pow_vartime([Q - 2]), !self.is_zero())
    }

    fn sqrt_ratio(num: &Self, div: &Self) -> (Choice, Self) {
        ff::helpers::sqrt_ratio_generic(num, div)
    }

    fn sqrt(&self) -> CtOption<Self> {
        let root = (0..Q).map(Self).find(|root| root.square() == *self);
        CtOption::new(
            root.unwrap_or_default(),
            Choice::from(u8::from(root.is_some())),
        )
    }
}

/// Q − 1 = 2·odd for both primes here, so that S = 1 and the root of unity is −1; 3 generates the
/// multiplicative group of both.
impl<const Q: u64> PrimeField for TinyScalar<Q> {
    type Repr = [u8; 1];

    const MODULUS: &'static str = "7 or 127";
    const NUM_BITS: u32 = Q.next_power_of_two().ilog2();
    const CAPACITY: u32 = Self::NUM_BITS - 1;
    const TWO_INV: Self = Self(Q.div_ceil(2));
    const MULTIPLICATIVE_GENERATOR: Self = Self(3);
    const S: u32 = 1;
    const ROOT_OF_UNITY: Self = Self(Q - 1);
    const ROOT_OF_UNITY_INV: Self = Self(Q - 1);
    const DELTA: Self = Self(9 % Q);

    fn from_repr(repr: [u8; 1]) -> CtOption<Self> {
        let value = u64::from(repr[0]);
        CtOption::new(Self(value), Choice::from(u8::from(value < Q)))
    }

    fn to_repr(&self) -> [u8; 1] {
        [u8::try_from(self.0).expect("Q is small")]
    }

    fn is_odd(&self) -> Choice {
        Choice::from(u8::from(self.0 & 1 == 1))
    }
}

impl<const Q: u64> Group for TinyPoint<Q> {
    type Scalar = TinyScalar<Q>;

    fn try_random<R: TryRng + ?Sized>(rng: &mut R) -> Result<Self, R::Error> {
        loop {
            let scalar = TinyScalar::<Q>::try_random(rng)?;
            if !scalar.is_zero_vartime() {
                return Ok(Self(scalar.0));
            }
        }
    }

    fn identity() -> Self {
        Self(0)
    }

    fn generator() -> Self {
        Self(1)
    }

    fn is_identity(&self) -> Choice {
        self.ct_eq(&Self(0))
    }

    fn double(&self) -> Self {
        *self + self
    }
}

impl<const Q: u64> GroupEncoding for TinyPoint<Q> {
    type Repr = [u8; 1];

    fn from_bytes(bytes: &[u8; 1]) -> CtOption<Self> {
        TinyScalar::<Q>::from_repr(*bytes).map(|scalar| Self(scalar.0))
    }

    fn from_bytes_unchecked(bytes: &[u8; 1]) -> CtOption<Self> {
        Self::from_bytes(bytes)
    }

    fn to_bytes(&self) -> [u8; 1] {
        TinyScalar::<Q>(self.0).to_repr()
    }
}

impl<const Q: u64> PrimeGroup for TinyPoint<Q> {}
