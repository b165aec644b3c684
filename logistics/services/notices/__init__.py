"""What is told of what surrounds a meeting, each kind beside the call that a decision makes to have it told."""
