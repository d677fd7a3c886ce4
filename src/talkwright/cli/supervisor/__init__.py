"""The parts of `talkwright up`: the roles of one machine as processes, started, watched and stopped together."""
