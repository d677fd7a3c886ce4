"""The studio as people use it: a real `talkwright up` and a real Chromium."""
