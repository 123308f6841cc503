//! One enum per aggregate, written once: its order is the order of precedence.

/// Declares the refusals of an aggregate.
///
/// ```
/// refusal::refusals! {
///     /// Why an order is not taken.
///     pub enum OrderRefusal {
///         /// The same revision came before with other content.
///         StateForbids "REVISION_CONFLICT" RevisionConflict { external_id: String, revision: u64 } =>
///             "order {external_id}: revision {revision} was received before with other content; send a new revision",
///         /// Orders are closed for the day.
///         Unavailable "ORDERS_CLOSED" OrdersClosed => "orders are closed; send it again tomorrow",
///     }
/// }
/// let refusal = refusal::Refusal::from(OrderRefusal::RevisionConflict { external_id: "7".into(), revision: 2 });
/// assert_eq!(refusal.reason, "REVISION_CONFLICT");
/// assert_eq!(refusal.metadata[1], ("revision", "2".to_owned()));
/// ```
///
/// The enum has `class()`, `reason()`, `REASONS` in order of precedence, `Display` by the message, `Error`, and
/// converts into a [`Refusal`](crate::Refusal) that carries each field as metadata.
#[macro_export]
macro_rules! refusals {
    (
        $(#[$about:meta])*
        $visible:vis enum $name:ident {
            $(
                $(#[$why:meta])*
                $class:ident $reason:literal $variant:ident
                $({ $( $(#[$what:meta])* $field:ident : $type:ty ),* $(,)? })? => $message:literal
            ),* $(,)?
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        $visible enum $name {
            $(
                $(#[$why])*
                $variant $({ $( $(#[$what])* #[allow(missing_docs)] $field: $type ),* })?
            ),*
        }

        impl $name {
            /// Every class and reason, in order of precedence.
            pub const REASONS: &'static [($crate::Class, &'static str)] =
                &[$( ($crate::Class::$class, $reason) ),*];

            /// The class of the refusal, which becomes the gRPC code.
            pub fn class(&self) -> $crate::Class {
                match self { $( Self::$variant { .. } => $crate::Class::$class ),* }
            }

            /// The stable reason, as documented.
            pub fn reason(&self) -> &'static str {
                match self { $( Self::$variant { .. } => $reason ),* }
            }
        }

        impl ::std::fmt::Display for $name {
            // A field may be there for machines only.
            #[allow(unused_variables)]
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self { $( Self::$variant $({ $($field),* })? => ::std::write!(f, $message) ),* }
            }
        }

        impl ::std::error::Error for $name {}

        impl ::std::convert::From<$name> for $crate::Refusal {
            fn from(refusal: $name) -> Self {
                let said = $crate::Refusal::new(refusal.class(), refusal.reason(), refusal.to_string());
                match refusal {
                    $( $name::$variant $({ $($field),* })? => {
                        said $($( .with(::std::stringify!($field), $field) )*)?
                    } ),*
                }
            }
        }
    };
}
