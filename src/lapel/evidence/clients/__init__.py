"""Programs that an agency lets in: what they may do, from where, and until when."""
