//! What storage accepts: signed, versioned, claimed records and the rules that decide
