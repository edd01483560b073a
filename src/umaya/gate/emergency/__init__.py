"""Break-glass (緊急時の開示): raw, unprocessed data in a declared emergency, at once and without prior approval.

What takes the place of the approval: an emergency plan that was approved beforehand, limits that end by themselves,
a warning to everybody who must know, and a lock on the requester until somebody else has written the review.
`desk.Emergencies` is the desk.
"""
