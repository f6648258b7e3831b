"""The pages for patient, therapist and technician: a process that hears the box and may be killed at any time."""
