"""What and when: wording, audience, life cycle, approvals, windows, delivery counts."""
