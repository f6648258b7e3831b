"""What listener and therapist may do while it plays: wishes, locks, taking over, approving; each is answered."""
