//! What a login gives: the ServiceProvider, Evaluator and Anchor traits, and the local provider
