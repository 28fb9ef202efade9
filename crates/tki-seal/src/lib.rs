//! What protects bytes: curves, sealed boxes, key derivation, signatures, transcripts
