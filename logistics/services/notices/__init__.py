"""What people are told of what surrounds the meeting."""
