"""Numbers of SMPP 3.4 (specification issue 1.2): commands, types of number, flags, TLV tags."""

from typing import Final

INTERFACE_VERSION: Final = 0x34

# Commands (5.1.2.1); an answer carries the request's number with the top bit set.
RESPONSE: Final = 0x80000000
GENERIC_NACK: Final = 0x80000000
BIND_RECEIVER: Final = 0x00000001
BIND_TRANSMITTER: Final = 0x00000002
QUERY_SM: Final = 0x00000003
SUBMIT_SM: Final = 0x00000004
DELIVER_SM: Final = 0x00000005
UNBIND: Final = 0x00000006
BIND_TRANSCEIVER: Final = 0x00000009
ENQUIRE_LINK: Final = 0x00000015
ALERT_NOTIFICATION: Final = 0x00000102
SUBMIT_SM_RESP: Final = SUBMIT_SM | RESPONSE
DELIVER_SM_RESP: Final = DELIVER_SM | RESPONSE

# Type of number and numbering plan (5.2.5, 5.2.6).
TON_UNKNOWN: Final = 0
TON_INTERNATIONAL: Final = 1
TON_ALPHANUMERIC: Final = 5
NPI_UNKNOWN: Final = 0
NPI_ISDN: Final = 1

# esm_class (5.2.12): bits 5-2 say what the message is, bit 6 that a user data header leads it.
ESM_TYPE_MASK: Final = 0x3C
ESM_RECEIPT: Final = 0x04
ESM_INTERMEDIATE: Final = 0x20
ESM_UDHI: Final = 0x40

# data_coding (5.2.19).
CODING_DEFAULT: Final = 0
CODING_ASCII: Final = 1
CODING_LATIN1: Final = 3
CODING_UCS2: Final = 8

# TLV tags (5.3.2).
TAG_RECEIPTED_MESSAGE_ID: Final = 0x001E
TAG_SAR_MSG_REF_NUM: Final = 0x020C
TAG_SAR_TOTAL_SEGMENTS: Final = 0x020E
TAG_SAR_SEGMENT_SEQNUM: Final = 0x020F
TAG_SC_INTERFACE_VERSION: Final = 0x0210
TAG_NETWORK_ERROR_CODE: Final = 0x0423
TAG_MESSAGE_PAYLOAD: Final = 0x0424
TAG_MESSAGE_STATE: Final = 0x0427

MAX_SHORT_MESSAGE: Final = 254
"""Octets short_message can hold (5.2.21); more goes into the message_payload TLV."""
