//! What is done for.

/// The stated purpose of an opening, a search or an export: the words of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Charging a card.
    Charge,
    /// Debiting a bank account.
    Debit,
    /// Shipping labels and packing lists.
    Ship,
    /// Reaching the customer.
    Contact,
    /// Giving money back.
    Refund,
    /// Answering a chargeback.
    Dispute,
}

impl Purpose {
    /// Every purpose, in the order in which they are offered.
    pub const ALL: [Self; 6] = [Self::Charge, Self::Debit, Self::Ship, Self::Contact, Self::Refund, Self::Dispute];

    /// The word in formats.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Debit => "debit",
            Self::Ship => "ship",
            Self::Contact => "contact",
            Self::Refund => "refund",
            Self::Dispute => "dispute",
        }
    }

    /// The purpose of a word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == name)
    }
}
