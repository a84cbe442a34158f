"""What the record of a rollout says when it's read as a whole: how it went, where its time went, who was
waited for, the decision at the end, and the artifacts that teams hand in.

Pure, from the chain and the frozen plan alone: whoever has both gets the same, on any machine and without Perch.
"""
