//! Enums whose values have one spelling, in contract, database, policy and messages alike.

/// Declares an enum with the spelling of each value: `ALL`, `name()` and `read()` follow from it.
macro_rules! spelled {
    (
        $(#[$about:meta])*
        pub enum $type:ident { $( $(#[$what:meta])* $variant:ident $name:literal ),* $(,)? }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $( $(#[$what])* $variant ),*
        }

        impl $type {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$( Self::$variant ),*];

            /// The spelling.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name ),* }
            }

            /// The value of a spelling.
            pub fn read(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.name() == name)
            }
        }

        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

pub(crate) use spelled;
