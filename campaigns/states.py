"""The states, as words, and the tables that say which may follow which.

Nothing else in the house changes a state: campaigns move by `campaigns.life.move`, broadcast orders
by `campaigns.orders`, messages by `campaigns.messages.settle` and the set-based steps named in
docs/sending.md, and all read here.
"""

from __future__ import annotations

from enum import StrEnum


class CampaignState(StrEnum):
    """Where a campaign is in its life."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    COMPLETED = "completed"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


C = CampaignState
EDITABLE = frozenset({C.DRAFT, C.RETURNED})
# Nothing has begun: whoever changes it takes it back to a draft.
CHANGEABLE = EDITABLE | {C.SUBMITTED, C.APPROVED, C.SCHEDULED}
# No approval is in force in these, whatever was decided about an earlier version.
UNDECIDED = EDITABLE | {C.SUBMITTED}
# An approval is in force in these, and what would be sent is what it names.
APPROVED_STATES = frozenset({C.APPROVED, C.SCHEDULED, C.SENDING, C.PAUSED})
ENDED = frozenset({C.COMPLETED, C.CANCELLED, C.EXPIRED})

# From → the states that may follow. Who may do it stands in outreach.access; what must hold
# (window open, digest equal, recipients above 0) is checked by the act in campaigns.life.
CAMPAIGN_TRANSITIONS: dict[CampaignState, frozenset[CampaignState]] = {
    C.DRAFT: frozenset({C.SUBMITTED, C.CANCELLED}),
    C.SUBMITTED: frozenset({C.APPROVED, C.RETURNED, C.DRAFT, C.CANCELLED, C.EXPIRED}),
    C.RETURNED: frozenset({C.DRAFT, C.SUBMITTED, C.CANCELLED}),
    # Paused before it began: by a restore alone, since it may have begun after the backup.
    C.APPROVED: frozenset({C.SCHEDULED, C.SENDING, C.PAUSED, C.DRAFT, C.CANCELLED, C.EXPIRED}),
    C.SCHEDULED: frozenset({C.SENDING, C.SCHEDULED, C.PAUSED, C.DRAFT, C.CANCELLED, C.EXPIRED}),
    C.SENDING: frozenset({C.PAUSED, C.COMPLETED, C.CANCELLED, C.EXPIRED, C.DRAFT}),
    C.PAUSED: frozenset({C.SENDING, C.CANCELLED, C.EXPIRED, C.COMPLETED}),
    # A person has messages sent again: in doubt, knowingly, or failed for now.
    C.COMPLETED: frozenset({C.SENDING}),
    C.CANCELLED: frozenset(),
    C.EXPIRED: frozenset(),
}


class MessageState(StrEnum):
    """Where one message is. `suppressed` people have no message: they are counted by reason."""

    QUEUED = "queued"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CARRIER_EXPIRED = "carrier_expired"
    CANCELLED = "cancelled"


M = MessageState
# The carrier said no, or gave up.
FAILED = frozenset({M.UNDELIVERED, M.REJECTED, M.CARRIER_EXPIRED})
# Whom the campaign did not reach, or about whom nobody knows: told by reason.
NOT_REACHED = FAILED | {M.IN_DOUBT, M.CANCELLED, M.EXPIRED}
# A message the carrier may have, whatever it said afterwards.
LEFT_SYSTEM = frozenset(
    {M.IN_DOUBT, M.ACCEPTED, M.DELIVERED, M.UNDELIVERED, M.REJECTED, M.CARRIER_EXPIRED}
)


class Cause(StrEnum):
    """Why a message moves: an answer, a receipt, our own sweeper, or a person."""

    CLAIMED = "claimed"
    ANSWER = "answer"
    NOT_SENT = "not_sent"
    RECEIPT = "receipt"
    SWEEP = "sweep"
    PERSON = "person"
    RESEND = "resend"
    END = "end"


# (from, cause) → the states that may follow. What is not here is kept as it is: the late or
# repeated word is stored with its attempt, but the state only moves forward. A receipt for a
# message still `sending` or `in_doubt` settles it, since it proves the carrier had it; a carrier
# that says UNDELIV and later DELIVRD is believed, the other way round is not. What a person has
# queued again and the carrier then says it delivered before is not sent a second time.
MESSAGE_TRANSITIONS: dict[tuple[MessageState, Cause], frozenset[MessageState]] = {
    (M.QUEUED, Cause.CLAIMED): frozenset({M.SENDING}),
    (M.QUEUED, Cause.END): frozenset({M.CANCELLED, M.EXPIRED}),
    (M.QUEUED, Cause.SWEEP): frozenset({M.REJECTED}),
    (M.QUEUED, Cause.RECEIPT): frozenset({M.DELIVERED}),
    (M.SENDING, Cause.ANSWER): frozenset({M.ACCEPTED, M.REJECTED, M.QUEUED, M.IN_DOUBT}),
    (M.SENDING, Cause.NOT_SENT): frozenset({M.QUEUED}),
    (M.SENDING, Cause.RECEIPT): frozenset(
        {M.ACCEPTED, M.DELIVERED, M.UNDELIVERED, M.REJECTED, M.CARRIER_EXPIRED}
    ),
    (M.SENDING, Cause.SWEEP): frozenset({M.IN_DOUBT}),
    # A worker that was frozen, then thawed, knows which of its claim it never wrote.
    (M.IN_DOUBT, Cause.NOT_SENT): frozenset({M.QUEUED}),
    # Its answers lay unread meanwhile: a definite "not now" means the carrier has it not.
    (M.IN_DOUBT, Cause.ANSWER): frozenset({M.ACCEPTED, M.REJECTED, M.QUEUED}),
    (M.IN_DOUBT, Cause.RECEIPT): frozenset(
        {M.ACCEPTED, M.DELIVERED, M.UNDELIVERED, M.REJECTED, M.CARRIER_EXPIRED}
    ),
    (M.IN_DOUBT, Cause.PERSON): frozenset({M.DELIVERED, M.UNDELIVERED, M.QUEUED}),
    (M.ACCEPTED, Cause.RECEIPT): frozenset(
        {M.DELIVERED, M.UNDELIVERED, M.REJECTED, M.CARRIER_EXPIRED}
    ),
    (M.UNDELIVERED, Cause.RECEIPT): frozenset({M.DELIVERED}),
    (M.CARRIER_EXPIRED, Cause.RECEIPT): frozenset({M.DELIVERED}),
    (M.REJECTED, Cause.RECEIPT): frozenset({M.DELIVERED}),
    # Only what failed for now; which that is, campaigns.failures says.
    (M.UNDELIVERED, Cause.RESEND): frozenset({M.QUEUED}),
    (M.CARRIER_EXPIRED, Cause.RESEND): frozenset({M.QUEUED}),
    (M.REJECTED, Cause.RESEND): frozenset({M.QUEUED}),
}


def may_move(current: MessageState, cause: Cause, target: MessageState) -> bool:
    """Whether the table lets a message in `current` become `target` for `cause`."""
    return target in MESSAGE_TRANSITIONS.get((current, cause), frozenset())


class OrderState(StrEnum):
    """Where a broadcast order is; docs/orders.md tells how each is reached."""

    PLANNED = "planned"
    OPEN = "open"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    STARTED = "started"
    FINISHED = "finished"
    WITHDRAWN = "withdrawn"


ORDER_TRANSITIONS: dict[OrderState, frozenset[OrderState]] = {
    OrderState.PLANNED: frozenset({OrderState.OPEN, OrderState.WITHDRAWN}),
    OrderState.OPEN: frozenset({OrderState.ACCEPTED, OrderState.RETURNED, OrderState.WITHDRAWN}),
    OrderState.ACCEPTED: frozenset({OrderState.STARTED, OrderState.RETURNED, OrderState.WITHDRAWN}),
    OrderState.RETURNED: frozenset({OrderState.PLANNED}),
    OrderState.STARTED: frozenset({OrderState.FINISHED, OrderState.WITHDRAWN}),
    OrderState.FINISHED: frozenset(),
    OrderState.WITHDRAWN: frozenset({OrderState.PLANNED}),
}
# Here the carrier may have sent something, whether it has said so or not.
BEGUN = frozenset({OrderState.ACCEPTED, OrderState.STARTED, OrderState.FINISHED})
# The carrier is done with these; the campaign waits for the others until its window closes.
ANSWERED = frozenset({OrderState.FINISHED, OrderState.RETURNED, OrderState.WITHDRAWN})

# What a campaign that moves does to its orders: (to this state, from these). Nothing for the rest.
_UNANSWERED = frozenset({OrderState.PLANNED, OrderState.OPEN})
_BEFORE_START = _UNANSWERED | {OrderState.ACCEPTED}
ORDERS_FOLLOW: dict[CampaignState, tuple[OrderState, frozenset[OrderState]]] = {
    C.APPROVED: (OrderState.PLANNED, frozenset({OrderState.RETURNED, OrderState.WITHDRAWN})),
    C.SCHEDULED: (OrderState.OPEN, frozenset({OrderState.PLANNED})),
    C.SENDING: (OrderState.OPEN, frozenset({OrderState.PLANNED})),
    C.DRAFT: (OrderState.WITHDRAWN, _BEFORE_START),
    C.COMPLETED: (OrderState.WITHDRAWN, _UNANSWERED),
    C.CANCELLED: (OrderState.WITHDRAWN, _BEFORE_START | {OrderState.STARTED}),
    C.EXPIRED: (OrderState.WITHDRAWN, _BEFORE_START | {OrderState.STARTED}),
}
