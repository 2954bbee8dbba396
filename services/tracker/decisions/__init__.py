"""What the tracker decides, by subject. Pure functions that write on a `Journal`; each ends with the holds settled.

gaps: raise, revise, withdraw · requesting: what the builder is asked · results: what it answered ·
answers: responses, cosign, outcome · desk: people stepping in · encounters: facts, documentation, merge ·
closing: finalize
"""
