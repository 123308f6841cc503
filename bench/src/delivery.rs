//! What was counted: the same rows every time, for the suite's stream and for COPY.
