//! Encodings for people and other tools: words and addresses
