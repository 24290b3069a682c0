"""An SMSC on PyPI's `smpp34`, for the test of our client. Prints one JSON object a line.

A submit to a number ending 13 is refused; each other gets a decimal id, and a receipt that names
it by parameter and by text.
"""

import asyncio
import json
import socket
import sys
from typing import Any

import smpp34


def say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class Carrier:
    def __init__(self) -> None:
        self.binds: list[smpp34.Esme] = []
        self.taken = 0
        self.receipts: set[asyncio.Task[None]] = set()

    async def serve(self, server: smpp34.Server) -> None:
        while True:
            event = await server.next()
            if isinstance(event, smpp34.Esme):
                self.binds.append(event)
            elif isinstance(event, smpp34.SubmitSmEvent):
                self.answer(event)

    def answer(self, event: smpp34.SubmitSmEvent) -> None:
        if event.destination_addr.endswith("13"):
            event.reject(smpp34.ESME_RINVDSTADR)
            return
        self.taken += 1
        say(
            {
                "id": str(self.taken),
                "text": event.short_message.hex(),
                "source": event.source_addr,
                "source_ton": event.source_addr_ton,
                "destination": event.destination_addr,
                "esm_class": event.esm_class,
                "registered_delivery": event.registered_delivery,
            }
        )
        event.accept(message_id=str(self.taken))
        task = asyncio.create_task(self.receipt(event, str(self.taken)))
        self.receipts.add(task)
        task.add_done_callback(self.receipts.discard)

    async def receipt(self, event: smpp34.SubmitSmEvent, number: str) -> None:
        while not (receivers := [bind for bind in self.binds if bind.can_receive]):
            await asyncio.sleep(0.01)  # a pair's second bind is told after its first submits
        answer = await receivers[0].deliver_sm(
            source_addr=event.destination_addr,
            destination_addr=event.source_addr,
            esm_class=0x04,
            short_message=f"id:{number} stat:DELIVRD err:000".encode(),
            tlvs=[
                smpp34.Tlv(smpp34.TLV_RECEIPTED_MESSAGE_ID, number.encode() + b"\0"),
                smpp34.Tlv(smpp34.TLV_MESSAGE_STATE, b"\x02"),
            ],
        )
        say({"acknowledged": number, "status": answer.command_status})


async def main() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = smpp34.Server("127.0.0.1", port, system_id="SMSC")
    await server.start()
    say({"port": port})
    await Carrier().serve(server)


asyncio.run(main())
