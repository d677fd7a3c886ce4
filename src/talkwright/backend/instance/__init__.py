"""What anybody may know of this studio before signing in."""
