//! The account document, the mailbox, the device package: domain types and stored forms
