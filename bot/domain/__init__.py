"""What is true about rollouts: pure values and rules, no clock, no network, no database. Start reading here.

1. What did we promise?  plan (its parts and how they're read: planning/, plan_checks/), conditions (language/), units
2. How does it look?     measurements, readings, truth, checks
3. So what?              looks, decisions, deadlines, progress, moments
4. May we?               gates, windows
5. Where does that put us?  rollout, machine, moves, kills
6. Can we prove it?      evidence; and every refusal, with its next step: errors
7. How did it go?        record/: what a whole record says, of one rollout and of many
"""
